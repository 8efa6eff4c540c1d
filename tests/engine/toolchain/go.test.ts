import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { goEnv } from "../../../toolchain/go";
import { sources } from "../../../toolchain/layout";

const hasGo = spawnSync("go", ["version"]).status === 0;

test.skipIf(!hasGo)("the plugin's own Go packages pass their tests", () => {
  const result = execFileSync("go", ["test", "-count=1", "./internal/..."], {
    cwd: sources.awsProvider,
    env: goEnv(),
    encoding: "utf8",
  });
  expect(result).toMatch(/^ok\s+llm-stacks\/toolchain\/aws-provider\/internal\/tagging/m);
});
