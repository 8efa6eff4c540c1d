import { defineConfig } from "vitest/config";

const project = (name: string, timeoutSeconds: number, oneFileAtATime: boolean) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    fileParallelism: !oneFileAtATime,
  },
});

export default defineConfig({
  test: {
    projects: [
      // Some compose whole stacks, which takes a busy machine a minute.
      project("unit", 240, false),
      // One emulator and one engine serve these, so files take turns.
      project("engine", 600, true),
      project("e2e", 900, true),
    ],
  },
});
