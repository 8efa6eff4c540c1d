/**
 * `npm run bench:gateway`: the gateway beside LiteLLM's proxy, Portkey's gateway and a bare pass-through on undici, each one process, all before
 * the same server that answers at once. They run at the same time and take turns, so that a busy machine slows all of them; numbers are medians.
 * The client runs on the same cores, so what counts is how the contenders compare, not how fast any of them is.
 */
import { cpus } from "node:os";
import { plan, type RouteRequest } from "../../../services/gateway/router/plan";
import { providersOf } from "../../../services/gateway/router/providers";
import { readSettings } from "../../../services/gateway/settings";
import {
  type Contender,
  installLiteLLM,
  installPortkey,
  startGateway,
  startLiteLLM,
  startPassThrough,
  startPortkey,
  startUpstream,
} from "./contenders";
import { Driver, type Latency } from "./drive";
import { STREAM_CHUNKS } from "./upstream";

const ROUNDS = 3;
const CONNECTIONS = 64;
const SECONDS = 4;
/** Low enough for the slowest: what is measured is the way through, not the queue before it. */
const RATE = 40;
const STREAMS = 16;
const MEMORY_REQUESTS = 100_000;
/** Beyond this a contender is too slow to be asked so often; its memory is then that after fewer requests. */
const MEMORY_SECONDS = 60;

interface Numbers {
  rps: number[];
  p50: number[];
  atRate: Latency[];
  firstMs: number[];
  chunksPerSecond: number[];
}

async function main(): Promise<void> {
  const [portkey, litellm] = [installPortkey(), await installLiteLLM()];
  const driver = new Driver();
  const upstream = await startUpstream();
  const contenders: Contender[] = [];
  try {
    // One by one, so that what has started is stopped when the next does not.
    contenders.push(await startPassThrough(upstream.origin));
    contenders.push(await startGateway(upstream.origin));
    contenders.push(await startPortkey(upstream.origin, portkey));
    contenders.push(await startLiteLLM(upstream.origin, litellm));
    for (const each of contenders) await driver.throughput(each, 8, 1);
    await compare(driver, upstream, contenders);
    for (const each of contenders.splice(0)) await each.stop();
    await rings(driver, upstream);
  } finally {
    for (const each of contenders) await each.stop();
    await upstream.stop();
    await driver.close();
  }
}

async function compare(driver: Driver, upstream: Contender, contenders: readonly Contender[]): Promise<void> {
  const all = [upstream, ...contenders];
  const measured = new Map(
    all.map((each) => [each, { rps: [], p50: [], atRate: [], firstMs: [], chunksPerSecond: [] } as Numbers]),
  );
  for (let round = 1; round <= ROUNDS; round++) {
    console.error(`round ${round} of ${ROUNDS}`);
    for (const [each, numbers] of measured) {
      const { rps, latency } = await driver.throughput(each, CONNECTIONS, SECONDS);
      numbers.rps.push(rps);
      numbers.p50.push(latency.p50);
      numbers.atRate.push(await driver.atRate(each, RATE, SECONDS));
      // Portkey 1.15.2 answers every stream with 500 on Node 22.23 ("TypeError: immutable").
      const streamed = await driver.streams(each, STREAMS, STREAM_CHUNKS).catch(() => undefined);
      if (!streamed) continue;
      numbers.firstMs.push(streamed.firstMs.p50);
      numbers.chunksPerSecond.push(streamed.chunksPerSecond);
    }
  }
  const bare = measured.get(upstream);
  console.log(
    `${cpus().length} cores, Node ${process.version}; ${CONNECTIONS} connections; added: less what the upstream takes by itself\n`,
  );
  console.log(
    `| | requests/s | p50 ms | added at ${RATE}/s: p50, p95, p99 ms | first token added ms | chunks/s | MiB after requests |`,
  );
  console.log("|---|---|---|---|---|---|---|");
  for (const [each, numbers] of measured) {
    const added = (pick: (latency: Latency) => number) =>
      (median(numbers.atRate.map(pick)) - median(bare?.atRate.map(pick) ?? [])).toFixed(2);
    const cells = [
      each.name,
      median(numbers.rps).toFixed(0),
      median(numbers.p50).toFixed(1),
      `${added(({ p50 }) => p50)}, ${added(({ p95 }) => p95)}, ${added(({ p99 }) => p99)}`,
      ...(numbers.firstMs.length === 0
        ? ["fails", "fails"]
        : [
            (median(numbers.firstMs) - median(bare?.firstMs ?? [])).toFixed(2),
            median(numbers.chunksPerSecond).toFixed(0),
          ]),
      await memory(driver, each, median(numbers.rps)),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

async function memory(driver: Driver, each: Contender, rps: number): Promise<string> {
  const requests = Math.min(MEMORY_REQUESTS, Math.floor(rps * MEMORY_SECONDS));
  await driver.count(each, CONNECTIONS, requests);
  return `${each.memoryMb().toFixed(0)} after ${requests.toLocaleString("en")}`;
}

async function rings(driver: Driver, upstream: Contender): Promise<void> {
  // The client and the connections to a hundred addresses share the cores with the gateway, so the choice is measured by itself too.
  console.log("\n| replicas in the ring | µs to choose one | requests/s | p50 ms |\n|---|---|---|---|");
  for (const replicas of [1, 10, 100]) {
    const gateway = await startGateway(upstream.origin, replicas);
    try {
      await driver.throughput(gateway, CONNECTIONS, 2);
      const runs = [];
      for (let round = 0; round < ROUNDS; round++) runs.push(await driver.throughput(gateway, CONNECTIONS, SECONDS));
      const p50 = median(runs.map(({ latency }) => latency.p50));
      const choice = choiceMicroseconds(replicas).toFixed(1);
      console.log(`| ${replicas} | ${choice} | ${median(runs.map(({ rps }) => rps)).toFixed(0)} | ${p50.toFixed(1)} |`);
    } finally {
      await gateway.stop();
    }
  }
}

/** What the router takes to plan a request, of a thousand sessions in turn. */
function choiceMicroseconds(replicas: number): number {
  const urls = Array.from({ length: replicas }, (_, index) => `http://10.0.0.${index + 1}:8000/v1`);
  const chain = providersOf(
    readSettings({ VLLM_BASE_URLS: urls.join(","), VLLM_MODEL: "bench", ALLOW_ANONYMOUS: "true" }),
  );
  const view = { usable: () => true, healthy: () => true, load: () => 0, total: () => 0 };
  const requests = Array.from({ length: 1000 }, (_, index): RouteRequest => {
    return { model: "auto", risk: "medium", private: false, affinity: `session:${index}` };
  });
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    for (const request of requests) plan(chain, request, view);
    return performance.now() - start;
  });
  return (median(times) / requests.length) * 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
