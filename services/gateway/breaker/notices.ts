import { readFileSync } from "node:fs";
import type { Log } from "../log";
import type { Target } from "../router/providers";
import type { BreakerBoard } from "./board";

/** A few lines, read so often: watching the file would miss what is written before the watch has begun. */
const LOOK_MS = 1_000;

export interface NoticesOptions {
  /** Lines of time, host and address, each time that an engine is about to end; new ones at the end. It need not be there yet. */
  readonly file: string;
  readonly targets: readonly Target[];
  readonly circuits: BreakerBoard;
  readonly log: Log;
}

/**
 * Opens circuits before errors start: an engine whose instance is taken back, by a Spot interruption or by its Auto Scaling group, still ends
 * what it has and must get nothing new.
 */
export class Notices {
  private seen: ReadonlySet<string>;
  private timer: NodeJS.Timeout | undefined;

  /** What the file says already is old. */
  constructor(private readonly options: NoticesOptions) {
    this.seen = new Set(this.lines());
  }

  start(): void {
    this.timer ??= setInterval(this.look, LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private readonly look = (): void => {
    const { targets, circuits, log } = this.options;
    const lines = this.lines();
    for (const line of lines.filter((each) => !this.seen.has(each))) {
      const [, host, address] = line.split(" ");
      const left = targets.filter(({ baseUrl }) => new URL(baseUrl).hostname === host);
      if (left.length === 0) log.warn({ line }, "A notice names a host that no provider has");
      for (const target of left) circuits.of(target).trip(`its instance ${address ?? ""} is taken away`);
    }
    this.seen = new Set(lines);
  };

  private lines(): string[] {
    try {
      return readFileSync(this.options.file, "utf8").split("\n").filter(Boolean);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        this.options.log.warn({ error: String(error) }, "Notices of engines that end can't be read");
      }
      return [];
    }
  }
}
