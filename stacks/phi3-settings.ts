import { z } from "zod";
import { isOrigin } from "../components/edge/cors";
import { edge, withEdgeChecks } from "./edge-settings";
import { environmentDefaults } from "./environments";
import { domain, fleet, network, pageDomain, withFleetChecks, workingHours } from "./inference-settings";
import { flag, setting, whole } from "./setting";
import type { Place } from "./system";
import { vllm, withVllmChecks } from "./vllm-settings";

/** Settings of the system phi3, under `llm-stacks:phi3`. Everything has a default, but for the domain outside dev. */
export function phi3Schema(place: Place) {
  const { spareInstances, offAtNight, encryptAlarms } = environmentDefaults[place.environment];
  const schema = z.strictObject({
    ...network(place, "10.1.0.0/16"),
    ...fleet({
      instanceType: "g5.xlarge",
      gpu: true,
      min: 1 + spareInstances,
      max: 2 + 2 * spareInstances,
      upAbove: 70,
      downBelow: 30,
      schedules: offAtNight ? workingHours : [],
    }),
    ...vllm(),
    edge: edge(),
    /** Waiting requests on each instance that are too many. */
    waitingPerInstance: whole(1, 1000, 5, "requests"),
    /** Ask callers for a key, which AWS makes up. Without it anyone who finds the URL spends GPU time. */
    apiKey: flag(true),
    encryptAlarms: flag(encryptAlarms),
    domain: domain(place, "llm.example.com"),
    pageDomain: pageDomain(),
    /** A site of one's own that calls the API, in place of the page. */
    corsOrigin: setting(
      z
        .string()
        .refine((origin) => origin !== "*" && isOrigin(origin))
        .optional(),
      "scheme and host without a path, such as https://app.example.com; * would let every site call",
      "https://app.example.com",
    ),
    ratePerSecond: whole(1, 10_000, 50, "requests per second"),
    burst: whole(1, 5_000, 100, "requests at once"),
  });
  return withFleetChecks(withVllmChecks(withEdgeChecks(schema)), place);
}

export type Phi3Settings = z.output<ReturnType<typeof phi3Schema>>;
