import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { coversPort, type Traffic } from "../net/ports";
import type { Truth } from "../truth";

/**
 * Ports that inference engines and their interfaces listen on unless told otherwise: LM Studio 1234, LiteLLM 4000, Gradio
 * 7860, vLLM 8000, Triton 8000 to 8002, llama.cpp, TGI and Open WebUI 8080, Ray 8265, Ollama 11434, SGLang 30000.
 */
export const enginePorts = [1234, 4000, 7860, 8000, 8001, 8002, 8080, 8265, 11434, 30000];

/** The setting `ports` of the rules about engines. */
export const portsSetting = z
  .array(z.int().min(1).max(65535))
  .default(enginePorts)
  .describe("TCP ports that inference engines listen on");

/** The setting `allowedCidrs` of the rules about who reaches engines. */
export const allowedCidrsSetting = z
  .array(z.string())
  .default([])
  .describe("CIDR blocks that may reach engines all the same, as the rules write them");

/** Whether traffic reaches each of these ports, by port. */
export function reachedPorts(traffic: Traffic, ports: readonly number[]): readonly (readonly [number, Truth])[] {
  return ports.map((port) => [port, coversPort(traffic, "tcp", port)]);
}

/** Blocks that the internet does not route. Source: https://www.iana.org/assignments/iana-ipv4-special-registry/ and the one for IPv6. */
const unrouted = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const;

/** Whether all addresses of a CIDR block are private. What is no CIDR block is not. */
export function isPrivate(cidr: string): boolean {
  const [address = "", length] = cidr.split("/");
  const family = isIP(address);
  if (family === 0 || length === undefined) return false;
  return unrouted.some(([network, prefix]) => {
    if (isIP(network) !== family || Number(length) < prefix) return false;
    const block = new BlockList();
    const kind = family === 4 ? "ipv4" : "ipv6";
    block.addSubnet(network, prefix, kind);
    return block.check(address, kind);
  });
}
