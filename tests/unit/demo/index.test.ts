import { expect, test } from "vitest";
import { DEMOS } from "../../../automation/demo";
import { systemNames } from "../../../stacks/systems";

const nothingDeployed = {
  ...{ outputs: {}, stackName: "dev", file: undefined, stay: false, outDir: "evidence", versions: {}, commit: "c" },
  ...{ region: "us-east-1", endpoint: "http://127.0.0.1:1", log: () => {} },
};

test("every system has a demo", () => {
  expect(Object.keys(DEMOS).sort()).toEqual([...systemNames].sort());
});

test.each(systemNames)(
  "that of %s refuses options that are not for it, and a stack without the system",
  async (name) => {
    const demo = DEMOS[name];
    const refusals = await Promise.all(
      [{ file: "model.gguf" }, { stay: true }, {}].map((more) =>
        demo?.({ ...nothingDeployed, ...more }).then(
          () => "not refused",
          (error: Error) => error.message.replace(/\..*/, ""),
        ),
      ),
    );
    const notThere = `Stack dev has no complete ${name}: it is not deployed, or not with this version`;
    expect(refusals).toEqual([
      name === "lambda-efs" ? notThere : `--file is for demos that send a file; that of ${name} is none`,
      name === "phi3" ? notThere : `--stay is for demos with a page of this program's; that of ${name} is none`,
      notThere,
    ]);
  },
);
