import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packRoot, readEnvironment } from "../../../policy-pack/lib/environment";

describe("environment", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "policy-environment-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const exemptions = (env: Record<string, string>) => readEnvironment(env).exemptions;

  test("profile and stack come from the engine", () => {
    const config = JSON.stringify({ "policy:profile": "free", "aws:region": "us-east-1" });
    expect(readEnvironment({ PULUMI_CONFIG: config, PULUMI_STACK: "try" })).toMatchObject({
      profile: "free",
      stack: "try",
    });
    expect(readEnvironment({})).toMatchObject({ profile: "dev", stack: undefined });
  });

  test("an exemptions file is named by config, or by the environment above that", () => {
    const [named, other] = [join(home, "named.yaml"), join(home, "other.yaml")];
    writeFileSync(named, "named");
    writeFileSync(other, "other");
    const config = JSON.stringify({ "policy:exemptions": named });
    expect(exemptions({ PULUMI_CONFIG: config })).toEqual({ file: named, text: "named" });
    expect(exemptions({ PULUMI_CONFIG: config, POLICY_EXEMPTIONS: other })).toEqual({ file: other, text: "other" });
  });

  test("without a name it is the file beside the pack, if there is one", () => {
    const file = join(packRoot, "..", "policy-exemptions.yaml");
    expect(exemptions({})).toEqual({ file, text: readFileSync(file, "utf8") });
  });

  test("a named file that is not there is an error", () => {
    expect(() => exemptions({ POLICY_EXEMPTIONS: "nowhere.yaml" })).toThrow(/nowhere\.yaml does not exist/);
  });
});
