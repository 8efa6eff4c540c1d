import { expect, test } from "vitest";
import { outputKeyOf, systemOfOutput } from "../../../automation/lib/system-names";
import { systemNames, systems } from "../../../stacks/systems";

test.each(systemNames)("%s has the key in outputs and config that commands know it by", (name) => {
  expect(outputKeyOf(name)).toBe(systems[name].configKey);
  expect(systemOfOutput(systems[name].configKey)).toBe(name);
});
