import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { targetOf } from "../../../loadtest/target";
import { everywhere, inferenceConfigurations } from "../../support/registered";

const configurations = inferenceConfigurations(() => fc.constant({ settings: {} }));

// Names by the hundred are in target.test.ts; composing a system takes two seconds.
const runs = 2;

// With the outputs of the program itself, so that a renamed output can't leave the load test behind. Addresses are the mocks'.
describe.each(["ollama", "phi3"] as const)(
  "[ollama P9] Load Test Resource Naming, of %s as it is composed",
  (system) => {
    test("the names to load are those of the resources, with the system's prefix", async () => {
      await everywhere(
        system,
        configurations,
        runs,
      )(({ configuration: { stack }, recording, outputs }) => {
        const target = targetOf(system, stack, { [system]: outputs });
        const group = recording.resources.find(({ type }) => type === "aws:autoscaling/group:Group");
        expect(group?.inputs.name).toMatch(new RegExp(`^${system}-`));
        expect(target.resources["Auto Scaling group"]).toBe(group?.inputs.name);
        expect(target.resources["Load balancer"]).toMatch(new RegExp(`^${system}-alb`));
        expect(target.resources["Dashboard"]).toContain(`${system}-dashboard-${stack}`);
        expect(target.url).toMatch(/^https:\/\/[^/]+$/);
        expect(target.model).toBe(outputs["model"]);
        expect(target.apiKeyParameter).toBe(outputs["apiKeyParameter"]);
      });
    });
  },
);
