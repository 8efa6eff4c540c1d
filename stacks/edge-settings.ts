import { z } from "zod";
import { quotaPeriods } from "../components/edge/api-access";
import { longestStreamSeconds } from "../components/edge/rest-api-backend";
import { needs, oneOf, setting } from "./setting";

/** Which of API Gateway's APIs stands before a fleet; docs/systems/phi3.md compares them. */
export const edgeApis = ["http", "rest"] as const;
export type EdgeApi = (typeof edgeApis)[number];

/** The API of a fleet's edge, and what only one of its kinds has. */
export function edge() {
  return z
    .strictObject({
      api: oneOf(edgeApis, "http"),
      /** Of a REST API with a key: requests that each key may make in a period. */
      quota: z
        .strictObject({
          requests: setting(
            z.int().min(1).max(2_000_000_000),
            "a whole number of requests from 1 to 2000000000",
            100_000,
          ),
          period: oneOf(quotaPeriods, "DAY"),
        })
        .optional(),
      /** Of a REST API. */
      streamSeconds: setting(
        z.int().min(1).max(longestStreamSeconds).optional(),
        `a whole number of seconds from 1 to ${longestStreamSeconds} that an answer may be streamed for; by default longestGenerationSeconds`,
        300,
      ),
    })
    .prefault({});
}

interface EdgeSettings {
  readonly edge: z.output<ReturnType<typeof edge>>;
  readonly apiKey: boolean;
  readonly longestGenerationSeconds: number;
}

/** Adds what must hold between the API and its settings. */
export function withEdgeChecks<S extends z.ZodType<EdgeSettings>>(schema: S): S {
  return schema
    .superRefine(({ edge: { api, ...ofRest } }, issues) => {
      if (api === "rest") return;
      for (const [key, value] of Object.entries(ofRest)) {
        if (value === undefined) continue;
        const message = `is for REST APIs, and edge.api is ${api}; set edge.api to rest, or take this away.`;
        issues.addIssue({ code: "custom", path: ["edge", key], message });
      }
    }, needs("edge"))
    .superRefine(
      ({ edge: { api, quota }, apiKey }, issues) => {
        if (api !== "rest" || quota === undefined || apiKey) return;
        const message = "counts the requests of keys, and apiKey is off; set apiKey to true, or take this away.";
        issues.addIssue({ code: "custom", path: ["edge", "quota"], message });
      },
      needs("edge", "apiKey"),
    )
    .superRefine(
      ({ edge: { api, streamSeconds }, longestGenerationSeconds }, issues) => {
        if (api !== "rest" || streamSeconds !== undefined || longestGenerationSeconds <= longestStreamSeconds) return;
        const message = `${longestGenerationSeconds} is above the ${longestStreamSeconds} s that a REST API streams for; lower it, or set edge.streamSeconds and let longer answers come from the load balancer.`;
        issues.addIssue({ code: "custom", path: ["longestGenerationSeconds"], message });
      },
      needs("edge", "longestGenerationSeconds"),
    );
}
