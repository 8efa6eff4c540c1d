import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";
import { context, type EdgeOptions, edge, prodContext } from "./program";

/** The edge as the policy pack sees it at a preview by the real engine. What only AWS gives, such as a distribution's ARN in a policy, isn't judged then. */
const folder = mkdtempSync(join(tmpdir(), "edge-policies-"));
let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await emulator?.dispose();
});

const route = "*aws:apigatewayv2/route:Route::phi3-api-get-health";
const listener = "*aws:lb/listener:Listener::phi3-alb-http";
/** The pack takes exemptions for a year at most. */
const soon = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

/** What a stack with the edge exempts, and why. */
const exemptions = {
  health: { rule: "lp-apigw-auth", resource: route, reason: "Health checks have no key and tell nothing" },
  http: { rule: "enc-alb-https", resource: listener, reason: "Development without a certificate; CloudFront only" },
};

async function findings(profile: string, options: EdgeOptions, exempt: (keyof typeof exemptions)[]) {
  const file = join(folder, `${profile}.json`);
  const list = exempt.map((name) => ({
    ...exemptions[name],
    resource: `urn:pulumi:*::llm-stacks::${exemptions[name].resource}`,
    owner: "platform",
    expires: soon,
  }));
  writeFileSync(file, JSON.stringify({ exemptions: list }));
  return withStack(
    "llm-stacks",
    async () => edge(options),
    async ({ stack }) => {
      const printed: string[] = [];
      const refused = await stack
        .preview({ policyPacks: [join(repoRoot, "policy-pack")], onOutput: (text) => printed.push(text) })
        .then(
          () => false,
          () => true,
        );
      const output = printed.join("");
      const judged = output.split("\n").filter((line) => /^\s+\[[a-z0-9-]+\]/.test(line));
      return { refused, output, judged: judged.filter((line) => !line.includes("cannot be known at preview")) };
    },
    {
      endpoint: emulator.endpoint,
      stackName: options.context.stack,
      keepResources: true,
      config: { "policy:profile": profile, "policy:exemptions": file },
    },
  );
}

const site = "tests/engine/edge/site";

test("in profile prod, with certificates, nothing is found", async () => {
  const { refused, judged, output } = await findings(
    "prod",
    { context: prodContext, folder: site, certificates: true },
    ["health"],
  );
  expect(judged, output).toEqual([]);
  expect(refused, output).toBe(false);
});

test("in profile dev, without certificates, only plain HTTP to the load balancer is found", async () => {
  const { refused, judged, output } = await findings("dev", { context, folder: site, certificates: false }, [
    "health",
    "http",
  ]);
  const rules = judged.map((line) => /\[([a-z0-9-]+)\]/.exec(line)?.[1]);
  expect(new Set(rules), output).toEqual(new Set(["enc-cf-origin-tls"]));
  expect(refused, output).toBe(false);
});

test("without its exemption plain HTTP is refused", async () => {
  const { refused, output } = await findings("dev", { context, folder: site, certificates: false }, ["health"]);
  expect(refused).toBe(true);
  expect(output).toContain("enc-alb-https");
});
