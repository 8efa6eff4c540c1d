import { configDefaults, defineConfig } from "vitest/config";

const project = (name: string, timeoutSeconds: number, files: object) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    // The default of a second says more about what else the machine does.
    expect: { poll: { timeout: 10_000 } },
    setupFiles: ["./sdk-traces.cjs"],
    ...files,
  },
});

// What a file mocks, others of its process would get too.
const mocked = "tests/unit/**/*.mocked.test.ts";

export default defineConfig({
  test: {
    // Vitest leaves a core to itself, which on two would be half of the machine.
    maxWorkers: "100%",
    projects: [
      // Some compose whole stacks. Files share a process, and so what they import: loading Pulumi's SDK for each took a third of the time.
      project("unit", 240, { isolate: false, exclude: [...configDefaults.exclude, mocked] }),
      project("unit-mocked", 240, { include: [mocked] }),
      // These start an emulator and an engine of their own in each file.
      project("engine", 600, {}),
      project("e2e", 900, {}),
    ],
  },
});
