import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import types from "../../../toolchain/aws-provider/types.json";
import { buildEngine } from "../../../toolchain/build";
import { versions } from "../../../toolchain/layout";
import { differences, type PackageSchema, shapesOf } from "./plugin-shape";
import { SdkTypes, type Shape } from "./sdk-shape";

let schema: PackageSchema;
const sdk = new SdkTypes();

beforeAll(async () => {
  // Even where an official engine is installed: it is the one this project builds that must agree with the SDK.
  const layout = await buildEngine(console.log);
  schema = JSON.parse(readFileSync(join(layout.awsPlugin, "schema.json"), "utf8")) as PackageSchema;
});

function tokens(table: Record<string, Record<string, string>>): string[] {
  const file = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
  return Object.entries(table).flatMap(([module, names]) =>
    Object.values(names).map((name) => `aws:${module}/${file(name)}:${name}`),
  );
}

const className = (token: string) => token.slice(token.lastIndexOf(":") + 1);

/**
 * The SDK declares one WAF statement that contains itself. AWS, and both plugins, allow other statements inside it, and
 * only to a depth: what is "only in the SDK" there would be refused in any case.
 */
function exceptRecursiveStatements(token: string, found: string[]): string[] {
  if (!/^aws:wafv2\/(webAcl|ruleGroup):/.test(token)) return found;
  return found.filter((difference) => !/\bstatement\..*Statement: only in the SDK$/.test(difference));
}

function agree(token: string, interfaceName: string, plugin: Map<string, Shape>): string[] {
  const declared = sdk.ofToken(token, interfaceName);
  if (!declared) return [`the SDK declares no ${interfaceName}`];
  return exceptRecursiveStatements(token, differences(declared, plugin));
}

test("the plugin's schema has the version of the installed SDK", () => {
  const installed = JSON.parse(readFileSync(require.resolve("@pulumi/aws/package.json"), "utf8")) as {
    version: string;
  };
  expect({ schema: schema.version, pin: versions.awsSdk }).toEqual({
    schema: installed.version,
    pin: installed.version,
  });
});

test("the plugin has exactly the types that types.json lists", () => {
  expect(Object.keys(schema.resources).sort()).toEqual(tokens(types.resources).sort());
  const functions = Object.keys(schema.functions).filter((token) => !token.startsWith("pulumi:"));
  expect(functions.sort()).toEqual(tokens(types.functions).sort());
});

describe("property names and kinds, nested ones too, are those of the installed SDK", () => {
  test.each(tokens(types.resources))("%s", (token) => {
    const resource = schema.resources[token];
    const name = className(token);
    expect({
      inputs: agree(token, `${name}Args`, shapesOf(schema, resource?.inputProperties)),
      state: agree(token, `${name}State`, shapesOf(schema, resource?.stateInputs?.properties)),
    }).toEqual({ inputs: [], state: [] });
  });

  test.each(tokens(types.functions))("%s", (token) => {
    const { inputs, outputs } = schema.functions[token] ?? {};
    const name = className(token).replace(/^g/, "G");
    expect({
      inputs: inputs ? agree(token, `${name}Args`, shapesOf(schema, inputs.properties)) : [],
      result: agree(token, `${name}Result`, shapesOf(schema, outputs?.properties)),
    }).toEqual({ inputs: [], result: [] });
  });

  test("aws.Provider", () => {
    const declared = sdk.ofFile("provider.d.ts", "ProviderArgs") ?? new Map();
    expect(differences(declared, shapesOf(schema, schema.provider.inputProperties))).toEqual([]);
  });
});
