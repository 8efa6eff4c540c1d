import { z } from "zod";
import { isOrigin } from "../components/edge/cors";
import { apiAuthModes } from "../components/edge/rest-api";
import { environmentDefaults } from "./environments";
import { cidrBlock, flag, oneOf, retention, setting, whole, zones } from "./setting";
import type { Place } from "./system";

/** Settings of the system lambda-efs, under `llm-stacks:lambdaEfs`. Everything has a default, but for the CORS origin in staging and prod. */
export function lambdaEfsSchema(place: Place) {
  const { environment } = place;
  const defaults = environmentDefaults[environment];
  return z.strictObject({
    cidr: cidrBlock(place, "10.0.0.0/16", 1),
    availabilityZones: zones(place, 1, 2),
    flowLogs: flag(true),
    producer: functionSchema(1024),
    consumer: functionSchema(2048),
    /** Also put results into the bucket. */
    archiveToS3: flag(true),
    logLevel: oneOf(["debug", "info", "warn", "error"], "info"),
    logRetentionDays: retention(defaults.logRetentionDays),
    backups: flag(defaults.backups),
    tracing: flag(true),
    encryptAlarms: flag(defaults.encryptAlarms),
    api: apiSchema(environment).prefault({}),
  });
}

export type LambdaEfsSettings = z.output<ReturnType<typeof lambdaEfsSchema>>;

function functionSchema(memoryMb: number) {
  return z
    .strictObject({
      memoryMb: whole(128, 10_240, memoryMb, "MB"),
      timeoutSeconds: whole(1, 900, 300, "seconds"),
      reservedConcurrency: setting(
        z.int().min(0).max(1000).optional(),
        "a whole number of concurrent runs from 0 to 1000",
        10,
      ),
    })
    .prefault({});
}

function apiSchema(environment: Place["environment"]) {
  const { corsOrigin, anyCorsOrigin, apiAuth } = environmentDefaults[environment];
  const origin = z.string().refine((text) => isOrigin(text) && (anyCorsOrigin || text !== "*"));
  const form = "scheme and host without a path, such as https://app.example.com";
  return z.strictObject({
    auth: oneOf(apiAuthModes, apiAuth),
    corsOrigin: setting(
      origin.prefault(corsOrigin ?? ""),
      anyCorsOrigin ? `${form}, or *` : `${form}; * would let every site call ${environment}`,
      "https://app.example.com",
    ),
    ratePerSecond: whole(1, 10_000, 50, "requests per second"),
    burst: whole(1, 5_000, 100, "requests at once"),
  });
}
