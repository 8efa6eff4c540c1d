import { availableParallelism } from "node:os";

/**
 * How many threads compute: half of the machine's, at most 4. Threads wait for each other after every layer, so that one which
 * shares its core with the emulator or a browser holds up all; on two busy cores one thread gave 19 tokens/s, two gave 6.
 */
export function threads(cores: number = availableParallelism()): number {
  return Math.min(4, Math.max(1, Math.floor(cores / 2)));
}
