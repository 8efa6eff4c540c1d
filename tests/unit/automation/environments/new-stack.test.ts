import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as plain } from "vitest";
import { parse } from "yaml";
import { chooseStack, currentStack } from "../../../../automation/environments/current";
import { freeBlocks, newSettings, shortRegion, twinName } from "../../../../automation/environments/new-stack";
import { fleetsIn, refuseProduction, wakeSize } from "../../../../automation/environments/sleep";
import { overlap } from "../../../../components/network/cidr";

const source = `encryptionsalt: v1:abc
config:
  aws:region: us-east-1
  llm-stacks:environment: dev
  llm-stacks:expiresOn: 2026-12-01T00:00:00Z
  llm-stacks:permissionsBoundary: arn:aws:iam::210987654321:policy/platform-workload-dev
  llm-stacks:systems:
    - phi3
  llm-stacks:token:
    secure: v1:xyz
  llm-stacks:phi3:
    # of our own
    availabilityZones: [us-east-1a, us-east-1b]
    domain:
      name: llm.example.com
`;

describe("a new stack's settings", () => {
  plain("are the other's with addresses of its own; what can't be copied is left out and told", () => {
    const { text, todo } = newSettings("qa", source, {
      systems: ["phi3", "ollama"],
      accountId: "123456789012",
      region: "eu-west-1",
      blocks: new Map([
        ["phi3", "10.9.0.0/16"],
        ["ollama", "10.10.0.0/16"],
      ]),
    });
    expect(parse(text)).toEqual({
      config: {
        "aws:region": "eu-west-1",
        "llm-stacks:environment": "dev",
        "llm-stacks:systems": ["phi3", "ollama"],
        "llm-stacks:phi3": { domain: { name: "llm.example.com" }, cidr: "10.9.0.0/16" },
        "llm-stacks:accountId": "123456789012",
        "llm-stacks:ollama": { cidr: "10.10.0.0/16" },
      },
    });
    expect(text).toContain("# of our own");
    expect(todo).toEqual([
      "A secret could not be copied: pulumi config set --secret llm-stacks:token --stack qa",
      "llm-stacks:phi3.domain still names the other stack's: put a name and certificate of its own in Pulumi.qa.yaml",
      "The boundary of roles is of the other account: pulumi config set llm-stacks:permissionsBoundary <what ./llm bootstrap prints there> --stack qa",
    ]);
  });

  plain("keep the boundary of roles in the same account", () => {
    const { text, todo } = newSettings("qa", source, { blocks: new Map() });
    expect(parse(text).config["llm-stacks:permissionsBoundary"]).toMatch(/:policy\/platform-workload-dev$/);
    expect(todo.join()).not.toContain("boundary");
  });

  plain("keep zones where the region stays", () => {
    const { text } = newSettings("qa", source, { region: "us-east-1", blocks: new Map() });
    expect(parse(text).config["llm-stacks:phi3"].availabilityZones).toEqual(["us-east-1a", "us-east-1b"]);
  });

  const block = fc
    .record({ second: fc.integer({ min: 0, max: 255 }), length: fc.integer({ min: 12, max: 20 }) })
    .map(({ second, length }) => `10.${length < 16 ? second & (256 - 2 ** (16 - length)) : second}.0.0/${length}`);
  test.prop([fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")), fc.array(block, { maxLength: 6 })])(
    "never overlap a block that is taken, nor one another",
    (wanted, taken) => {
      const chosen = freeBlocks(wanted, taken);
      expect(chosen.map(({ system }) => system)).toEqual(wanted);
      chosen.forEach(({ cidr }, index) => {
        const others = [...taken, ...chosen.slice(index + 1).map((one) => one.cidr)];
        expect(others.filter((other) => overlap(cidr, other))).toEqual([]);
      });
    },
  );

  plain("say so when there are no more addresses", () => {
    expect(() => freeBlocks(["a"], ["10.0.0.0/8"])).toThrow("No block of 10.0.0.0/8 is free for a");
  });

  plain.each([
    ["eu-west-1", "euw1"],
    ["us-gov-east-1", "usgove1"],
    ["ap-southeast-2", "apse2"],
  ])("a twin in %s ends in %s", (region, short) => {
    expect(shortRegion(region)).toBe(short);
    expect(twinName("prod", region)).toBe(`prod-${short}`);
  });
});

describe("the current stack", () => {
  plain("is the one chosen, while it has a settings file", () => {
    const folder = mkdtempSync(join(tmpdir(), "llm-current-"));
    const file = join(folder, "deeper", "current");
    try {
      expect(currentStack(file, ["dev"])).toBeUndefined();
      expect(() => chooseStack("qa", file, ["dev"])).toThrow('There is no stack "qa"');
      expect(existsSync(file)).toBe(false);
      chooseStack("dev", file, ["dev"]);
      expect(currentStack(file, ["dev"])).toBe("dev");
      expect(currentStack(file, ["prod"])).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("sleep", () => {
  const group = {
    urn: "u",
    type: "aws:autoscaling/group:Group",
    inputs: { minSize: 1, maxSize: 4 },
    outputs: { name: "asg", minSize: 0, maxSize: 0 },
  };

  plain("takes a fleet's sizes from the program, not from what it has", () => {
    expect(fleetsIn([group, { urn: "v", type: "aws:s3/bucket:Bucket" }])).toEqual([
      { name: "asg", min: 1, max: 4, desired: 1 },
    ]);
  });

  test.prop([fc.nat(5), fc.nat(5), fc.option(fc.nat(9), { nil: undefined })])(
    "wakes to a size within the program's bounds, the one before where it fits",
    (min, more, before) => {
      const fleet = { name: "asg", min, max: min + more, desired: min };
      const size = wakeSize(fleet, before);
      expect(size).toBeGreaterThanOrEqual(fleet.min);
      expect(size).toBeLessThanOrEqual(fleet.max);
      if (before !== undefined && before > 0 && before >= fleet.min && before <= fleet.max) expect(size).toBe(before);
    },
  );

  plain("refuses production, whatever the stack's name", () => {
    const session = (environment: string) => ({
      ...{ stackName: "x", settings: { config: { "llm-stacks:environment": environment } } },
    });
    expect(() => refuseProduction(session("prod"))).toThrow("does not sleep");
    expect(() => refuseProduction(session("staging"))).not.toThrow();
  });
});
