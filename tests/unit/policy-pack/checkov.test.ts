import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { rules } from "../../../policy-pack/registry";
import { checkovDocument, disagreements } from "../../support/checkov/document";
import type { Mapping } from "../../support/checkov/mapping";
import { opinions } from "../../support/checkov/opinions";
import results from "../../support/checkov/results.json";
import { type ExportedResource, terraformPlan } from "../../support/checkov/terraform-plan";

const unknown = { $unknown: true };
const text = { type: 4 };

const mapping: Mapping = {
  provider: {
    resources: {
      aws_bucket: { bucket: text, id: text },
      aws_stage: {
        rest_api_id: text,
        enabled: { type: 1 },
        size: { type: 2 },
        tags: { type: 6 },
        cidr_blocks: { type: 5, element: { schema: text } },
        rule: { type: 7, element: { resource: { sse_algorithm: text, kms_key_id: text } } },
        log_settings: { type: 5, maxItems: 1, element: { resource: { destination_arn: text, format: text } } },
      },
    },
  },
  resources: {
    aws_bucket: { tok: "aws:s3/bucket:Bucket" },
    aws_stage: { tok: "aws:x/stage:Stage", fields: { rest_api_id: { name: "restApi" } } },
  },
};

const bucket: ExportedResource = {
  type: "aws:s3/bucket:Bucket",
  urn: "urn:bucket",
  name: "logs.of:all",
  props: { bucket: "logs", id: unknown },
  dependencies: {},
};

function stage(props: ExportedResource["props"], dependencies: ExportedResource["dependencies"] = {}) {
  const resource = { type: "aws:x/stage:Stage", urn: "urn:stage", name: "stage", props, dependencies };
  const { plan } = terraformPlan([bucket, resource], mapping);
  const { resource_changes: changes, configuration } = plan as {
    resource_changes: { change: { after: unknown; after_unknown: unknown } }[];
    configuration: { root_module: { resources: { expressions: unknown }[] } };
  };
  return { ...changes[1]?.change, expressions: configuration.root_module.resources[1]?.expressions };
}

describe("a stack as a Terraform plan", () => {
  test("has Terraform's types and names, single blocks as lists, and scalars of the right type", () => {
    const { after } = stage({
      restApi: "api",
      enabled: "true",
      size: "3",
      tags: { keptAsIs: "x" },
      cidrBlocks: ["10.0.0.0/8"],
      rules: [{ sseAlgorithm: "AES256" }],
      logSettings: { format: "f" },
      notInTheSchema: "y",
    });
    expect(after).toEqual({
      rest_api_id: "api",
      enabled: true,
      size: 3,
      tags: { keptAsIs: "x" },
      cidr_blocks: ["10.0.0.0/8"],
      rule: [{ sse_algorithm: "AES256" }],
      log_settings: [{ format: "f" }],
      not_in_the_schema: "y",
    });
  });

  test("keeps what is made of other resources as unknown, with a reference, and not what the provider chooses", () => {
    const props = { restApi: unknown, logSettings: { format: "f", destinationArn: unknown }, rules: [unknown] };
    expect(stage(props, { restApi: ["urn:bucket"], logSettings: ["urn:bucket"] })).toEqual({
      actions: ["create"],
      before: null,
      after: { log_settings: [{ format: "f" }], rule: [] },
      after_unknown: { rest_api_id: true, log_settings: [{ destination_arn: true }] },
      expressions: {
        rest_api_id: { references: ["aws_bucket.logs_of_all.id", "aws_bucket.logs_of_all"] },
        log_settings: { references: ["aws_bucket.logs_of_all.id", "aws_bucket.logs_of_all"] },
      },
    });
  });

  test("names the AWS types that Terraform has nothing for, and leaves components out", () => {
    const other = { urn: "u", name: "n", props: {}, dependencies: {} };
    const { plan, left } = terraformPlan(
      [{ ...other, type: "aws:new/thing:Thing" }, { ...other, type: "llm:data:Bucket" }, bucket],
      mapping,
    );
    expect(left).toEqual(["aws:new/thing:Thing"]);
    expect(plan["resource_changes"]).toHaveLength(1);
  });
});

describe("docs/checkov.md", () => {
  test("is what the generator makes of the recorded results", () => {
    const written = readFileSync(join(repoRoot, "docs", "checkov.md"), "utf8");
    expect(written === checkovDocument(results), "run npm run policies:checkov").toBe(true);
  });

  test("answers every check that failed, and none that did not", () => {
    expect(disagreements(results)).toEqual({ unanswered: [], unused: [] });
  });

  test("names rules that the pack has", () => {
    const ids = rules.map(({ id }) => id);
    for (const { rule } of Object.values(opinions)) if (rule !== undefined) expect(ids).toContain(rule);
  });

  test("is made so that neither an unanswered check nor an unneeded answer goes unnoticed", () => {
    const [first = ""] = Object.keys(opinions);
    const failed = [
      { id: first, name: "Ensure something", address: "aws_x.a" },
      { id: "CKV_NEW", name: "Ensure more", address: "aws_x.a" },
    ];
    const dev = { system: "web", stack: "dev", passed: 7, resources: 9, failed };
    const prod = { ...dev, stack: "prod", failed: [...failed, ...failed] };
    const other = { ...dev, system: "jobs", failed: failed.slice(0, 1) };
    expect(disagreements([dev])).toEqual({ unanswered: ["CKV_NEW"], unused: Object.keys(opinions).slice(1) });
    const document = checkovDocument([dev, prod, other]);
    expect(document).toContain("| web | dev | 9 | 7 | 2 |");
    expect(document).toContain(`| ${first} | Ensure something | web: dev 1, prod 2; jobs: dev 1 |`);
  });
});
