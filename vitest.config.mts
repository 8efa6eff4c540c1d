import { defineConfig } from "vitest/config";

const project = (name: string, timeoutSeconds: number) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    setupFiles: ["./sdk-traces.cjs"],
  },
});

export default defineConfig({
  test: {
    // Vitest leaves a core to itself, which on two would be half of the machine.
    maxWorkers: "100%",
    // `engine` and `e2e` start an emulator and an engine of their own in each file. Some of `unit` compose whole stacks.
    projects: [project("unit", 240), project("engine", 600), project("e2e", 900)],
  },
});
