/** Milliseconds between two lines. */
const every = 3000;

/** Tells now and then how much of a known amount of bytes is done. */
export class ByteProgress {
  private done = 0;
  private readonly start: number;
  private told: number;

  constructor(
    private readonly what: string,
    private total: number,
    private readonly log: (line: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.start = this.told = now();
  }

  /** These need not be done. */
  skip(bytes: number): void {
    this.total -= bytes;
  }

  add(bytes: number): void {
    this.done += bytes;
    const now = this.now();
    if (now - this.told < every) return;
    this.told = now;
    const rate = this.done / ((now - this.start) / 1000);
    this.log(
      `  ${this.what}: ${size(this.done)} of ${size(this.total)}, ${size(rate)}/s, ${Math.ceil((this.total - this.done) / rate)} s to go`,
    );
  }
}

/** Bytes for people: 7.64 GB. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? Math.round(value) : value.toPrecision(3)} ${units[power]}`;
}
