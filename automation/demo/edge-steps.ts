import { join } from "node:path";
import { type LoadTestOptions, runLoadTest } from "../../loadtest/run";
import type { FrontClient } from "./front-client";
import { type Enter, plainHttp } from "./model-edge";
import { check } from "./steps";

/** What the demos of systems behind a distribution check alike. */

type Details = Record<string, unknown>;

interface Way {
  /** Of the local AWS; undefined for a stack on AWS. */
  readonly endpoint: string | undefined;
  readonly region: string;
}

/** That a viewer who comes to `url` by plain HTTP is sent to the same path by HTTPS. */
export async function checkRedirect(
  details: Details,
  enter: Enter,
  front: FrontClient,
  url: string,
  path: string,
  { endpoint }: Pick<Way, "endpoint">,
): Promise<void> {
  const local = endpoint !== undefined;
  const entry = local ? front : await enter(url.replace("https:", "http:"));
  const { status, headers } = await entry.expect([301], path, local ? { headers: plainHttp } : {});
  const location = headers.get("location") ?? "";
  Object.assign(details, { status, location });
  check(location === `${url}${path}`, `It leads to ${location}, not to ${url}${path}.`);
}

/** That S3 itself refuses an object to who has no credentials. Returns the status. */
export async function checkClosed(bucketName: string, key: string, { endpoint, region }: Way): Promise<number> {
  const bucket = endpoint ? `${endpoint}/${bucketName}` : `https://${bucketName}.s3.${region}.amazonaws.com`;
  const { status } = await fetch(`${bucket}/${key}`, { signal: AbortSignal.timeout(30_000) });
  check(status === 403, `S3 answered GET ${key} with ${status}, not 403.`);
  return status;
}

/** That two users at once get nothing but good answers. */
export async function checkLoad(
  details: Details,
  demo: { readonly outDir: string; readonly outputs: { readonly loadBalancerDns: string; readonly groupName: string } },
  options: Omit<LoadTestOptions, "users" | "spawnRatePerSecond" | "outDir" | "resources">,
): Promise<void> {
  const { loadBalancerDns, groupName } = demo.outputs;
  const result = await runLoadTest({
    ...options,
    users: 2,
    spawnRatePerSecond: 2,
    outDir: join(demo.outDir, "load"),
    resources: { "Load balancer": loadBalancerDns, "Auto Scaling group": groupName },
  });
  Object.assign(details, { requests: result.requests, tokensPerSecond: result.tokensPerSecond });
  for (const { name, latencyMs } of result.endpoints) details[name] = latencyMs;
  // On a slow machine the time is up before every endpoint had its turn.
  if (result.neverAsked.length > 0) details["neverAsked"] = result.neverAsked;
  check(result.failures === 0, `${result.failures} of ${result.requests} requests failed; see load/report.md.`);
}
