import { defineConfig } from "vitest/config";

const project = (name: string, timeoutSeconds: number, isolate = true) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    setupFiles: ["./sdk-traces.cjs"],
    isolate,
  },
});

export default defineConfig({
  test: {
    // Vitest leaves a core to itself, which on two would be half of the machine.
    maxWorkers: "100%",
    // `engine` and `e2e` start an emulator and an engine of their own in each file. Some of `unit` compose whole stacks.
    // Files of `unit` share a process, and so what they import: loading Pulumi's SDK for each took a third of the time.
    projects: [project("unit", 240, false), project("engine", 600), project("e2e", 900)],
  },
});
