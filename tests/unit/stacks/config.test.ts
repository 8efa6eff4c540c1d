import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, parseStackConfig } from "../../../stacks/config";
import { environmentDefaults } from "../../../stacks/environments";
import type { LambdaEfsSettings } from "../../../stacks/lambda-efs-settings";

const dev = {
  "aws:region": "us-east-1",
  "llm-stacks:environment": "dev",
  "llm-stacks:systems": '["lambda-efs"]',
};
const parse = (change: Record<string, string> = {}, stack = "dev") =>
  parseStackConfig({ ...dev, ...change }, "llm-stacks", stack);
const settings = (change: Record<string, string> = {}) =>
  parse(change).systems.get("lambda-efs")?.settings as LambdaEfsSettings;
const mistakes = (change: Record<string, string>, stack = "dev"): readonly string[] => {
  try {
    parse(change, stack);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
};
const without = (key: keyof typeof dev) => {
  const { [key]: _gone, ...rest } = dev;
  try {
    parseStackConfig(rest, "llm-stacks", "dev");
  } catch (error) {
    return (error as ConfigError).mistakes;
  }
  return [];
};

describe("systems that a stack leaves out", () => {
  const prod = {
    "llm-stacks:environment": "prod",
    "llm-stacks:lambdaEfs": '{"api":{"corsOrigin":"https://a.example.com"}}',
  };

  test("need no settings", () => {
    expect([...parse(prod).systems.keys()]).toEqual(["lambda-efs"]);
  });

  test("have those checked that are there", () => {
    expect(mistakes({ ...prod, "llm-stacks:phi3": '{"domain":{"name":"llm.example.com"}}' })).toEqual([
      expect.stringContaining("llm-stacks:phi3.domain.certificateArn is not set"),
    ]);
  });
});

describe("the dev stack's configuration", () => {
  test("needs an environment, a region and systems; the rest are the document's values", () => {
    expect(parse()).toMatchObject({
      project: "llm-stacks",
      stack: "dev",
      region: "us-east-1",
      environment: "dev",
      alarmEmail: undefined,
      manageApiGatewayLogging: true,
    });
    expect(settings()).toEqual({
      cidr: "10.0.0.0/16",
      availabilityZones: ["us-east-1a", "us-east-1b"],
      flowLogs: true,
      producer: { memoryMb: 1024, timeoutSeconds: 300 },
      consumer: { memoryMb: 2048, timeoutSeconds: 300 },
      archiveToS3: true,
      logLevel: "info",
      logRetentionDays: 14,
      backups: false,
      tracing: true,
      encryptAlarms: false,
      api: { auth: "apiKey", corsOrigin: "*", ratePerSecond: 50, burst: 100 },
    });
  });

  test("takes what is set and keeps the other defaults", () => {
    const changed = settings({ "llm-stacks:lambdaEfs": '{"producer":{"memoryMb":512},"api":{"auth":"iam"}}' });
    expect(changed.producer).toEqual({ memoryMb: 512, timeoutSeconds: 300 });
    expect(changed.api).toEqual({ auth: "iam", corsOrigin: "*", ratePerSecond: 50, burst: 100 });
  });

  test("has zones of its own region", () => {
    expect(settings({ "aws:region": "eu-west-1" }).availabilityZones).toEqual(["eu-west-1a", "eu-west-1b"]);
  });
});

describe("a mistake", () => {
  test("says key, value, expectation and the command that mends it", () => {
    expect(mistakes({ "llm-stacks:lambdaEfs": '{"producer":{"memoryMb":64}}' })).toEqual([
      "llm-stacks:lambdaEfs.producer.memoryMb is 64; expected a whole number of MB from 128 to 10240.\n" +
        "  pulumi config set --path 'llm-stacks:lambdaEfs.producer.memoryMb' 1024 --stack dev",
    ]);
  });

  test.each([
    ["llm-stacks:lambdaEfs", '{"memory":1}', "llm-stacks:lambdaEfs.memory is not a setting; known are cidr, "],
    [
      "llm-stacks:lambdaEfs",
      '{"producer":{"mem":1}}',
      "llm-stacks:lambdaEfs.producer.mem is not a setting; known are memoryMb, ",
    ],
    ["llm-stacks:lambdaefs", "{}", "llm-stacks:lambdaefs is not a setting; known are environment, systems, "],
    ["llm-stacks:environment", "test", 'llm-stacks:environment is "test"; expected one of dev, staging, prod, free.'],
    ["llm-stacks:systems", '["gpt"]', 'llm-stacks:systems[0] is "gpt"; expected one of '],
    ["llm-stacks:systems", "[]", "llm-stacks:systems is []; expected a list of at least one of "],
    ["llm-stacks:systems", "lambda-efs", 'llm-stacks:systems is "lambda-efs"; expected a list of at least one of '],
    ["llm-stacks:alarmEmail", "ops", 'llm-stacks:alarmEmail is "ops"; expected an e-mail address'],
    [
      "llm-stacks:manageApiGatewayLogging",
      '"yes"',
      'llm-stacks:manageApiGatewayLogging is "yes"; expected true or false.',
    ],
    [
      "llm-stacks:lambdaEfs",
      '{"logRetentionDays":13}',
      "llm-stacks:lambdaEfs.logRetentionDays is 13; expected a number of days",
    ],
    [
      "llm-stacks:lambdaEfs",
      '{"api":{"corsOrigin":"a.b"}}',
      'llm-stacks:lambdaEfs.api.corsOrigin is "a.b"; expected scheme and host',
    ],
    [
      "llm-stacks:lambdaEfs",
      '{"availabilityZones":[]}',
      "llm-stacks:lambdaEfs.availabilityZones is []; expected one to six zones",
    ],
  ])("in %s = %s is told", (key, value, message) => {
    const found = mistakes({ [key]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    expect(found[0]).toMatch(/\n {2}pulumi config (set|rm) .* --stack dev$/);
  });

  test("in a key that is missing is told with an example", () => {
    expect(without("llm-stacks:environment")).toEqual([
      "llm-stacks:environment is not set; expected one of dev, staging, prod, free.\n" +
        "  pulumi config set --path 'llm-stacks:environment' dev --stack dev",
    ]);
    expect(without("llm-stacks:systems")).toEqual([
      "llm-stacks:systems is not set; expected a list of at least one of lambda-efs, phi3, ollama, agents, afirgen.\n" +
        "  pulumi config set --path 'llm-stacks:systems[0]' lambda-efs --stack dev",
    ]);
    expect(without("aws:region")).toEqual([
      "aws:region is not set; expected an AWS region.\n  pulumi config set aws:region us-east-1 --stack dev",
    ]);
  });

  test("is told with every other one", () => {
    const change = {
      "llm-stacks:alarmEmail": "x",
      "llm-stacks:other": "1",
      "llm-stacks:lambdaEfs": '{"producer":{"memoryMb":64},"api":{"burst":0}}',
    };
    expect(mistakes(change)).toHaveLength(4);
    expect(() => parse(change)).toThrow("The configuration of stack dev has 4 mistakes.");
  });

  test("in a secret does not show it", () => {
    const all = mistakes({ "llm-stacks:lambdaEfsApiKey": "hunter2-hunter2-hunter2", "llm-stacks:alarmEmail": "x" });
    expect(all.join()).not.toContain("hunter2");
  });

  test.each(["My_Stack", "a-stack-with-a-long-name"])("in the stack's name %s is told before AWS does", (stack) => {
    expect(mistakes({}, stack)[0]).toContain(`Stack "${stack}" can't be part of AWS names`);
  });
});

describe("[lambda-efs 7.9] the CORS origin", () => {
  const api = (environment: string, origin: string) => ({
    "llm-stacks:environment": environment,
    "llm-stacks:lambdaEfs": JSON.stringify({ api: { corsOrigin: origin } }),
  });

  test.each(["staging", "prod"])("* is refused in %s", (environment) => {
    expect(mistakes(api(environment, "*"))[0]).toContain(
      `llm-stacks:lambdaEfs.api.corsOrigin is "*"; expected scheme and host without a path, such as https://app.example.com; * would let every site call ${environment}.`,
    );
  });

  test.each(["staging", "prod"])("must be set in %s", (environment) => {
    expect(mistakes({ "llm-stacks:environment": environment })[0]).toContain(
      "llm-stacks:lambdaEfs.api.corsOrigin is not set; expected scheme and host",
    );
  });

  test.each(["dev", "free"])("is * by default in %s", (environment) => {
    expect(settings({ "llm-stacks:environment": environment }).api.corsOrigin).toBe("*");
  });

  test.each(["dev", "staging", "prod", "free"])("may be a site in %s", (environment) => {
    expect(settings(api(environment, "https://app.example.com")).api.corsOrigin).toBe("https://app.example.com");
  });
});

test("no environment both protects data and empties it", () => {
  for (const { protectData, disposableData } of Object.values(environmentDefaults)) {
    expect(protectData && disposableData).toBe(false);
  }
  expect(environmentDefaults.prod.protectData).toBe(true);
  expect(environmentDefaults.dev.disposableData).toBe(true);
});

describe.each(["dev", "staging", "prod", "free"])("Pulumi.%s.yaml", (stack) => {
  const text = readFileSync(join(__dirname, `../../../Pulumi.${stack}.yaml`), "utf8");

  test("names its environment and a policy profile", () => {
    expect(text).toContain(`llm-stacks:environment: ${stack}`);
    expect(text).toMatch(/policy:profile: (dev|prod|free)/);
  });
});
