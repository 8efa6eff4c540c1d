import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { sources, versions } from "../../../toolchain/layout";
import { UPSTREAM } from "../../../toolchain/trim";

const read = (path: string) => readFileSync(path, "utf8");
const installed = (name: string) =>
  (JSON.parse(read(join(repoRoot, "node_modules", name, "package.json"))) as { version: string }).version;

test("the pins are the versions of the installed Node packages", () => {
  expect({ pulumi: versions.pulumi, awsSdk: versions.awsSdk }).toEqual({
    pulumi: installed("@pulumi/pulumi"),
    awsSdk: installed("@pulumi/aws"),
  });
});

test.each([
  [sources.cli, `github.com/pulumi/pulumi/pkg/v3 v${versions.pulumi}`],
  [sources.languageHost, `github.com/pulumi/pulumi/sdk/v3 v${versions.languageHost}`],
])("%s/go.mod has the pinned version", (folder, requirement) => {
  expect(read(join(folder, "go.mod"))).toContain(`\t${requirement}`);
});

test.each(Object.values(sources).filter((folder) => folder !== sources.policyBooter))(
  "%s/go.mod asks for the Go that the error messages name",
  (folder) => {
    expect(read(join(folder, "go.mod"))).toMatch(new RegExp(`^go ${versions.go.replace(".", "\\.")}\\.0$`, "m"));
  },
);

test("the plugin's go.sum holds the hash of the upstream module that is trimmed", () => {
  const pin = read(join(sources.awsProvider, "upstream-pin/go.mod"));
  const [, module, version] = new RegExp(`^replace ${UPSTREAM} => (\\S+) (\\S+)$`, "m").exec(pin) ?? [];
  expect(read(join(sources.awsProvider, "upstream-pin/go.sum"))).toContain(`${module} ${version} h1:`);
});
