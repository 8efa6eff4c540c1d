import { hash } from "node:crypto";

/** Points of each replica on the ring: enough that ten replicas differ in their share by a tenth or so. */
const POINTS = 160;

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): the same key goes to the same replica, so that its prefix cache
 * is hit; a replica joining or leaving moves only its own share of the keys; and a replica that is busier than `loadFactor` times the average
 * hands the key on to the next of the ring, so that one popular prefix does not overload it.
 *
 * A look-up takes a binary search: 100 replicas cost it hardly more than one.
 */
export class Ring {
  private readonly points: Uint32Array;
  /** Index of the replica of each point. */
  private readonly owners: Uint16Array;

  constructor(readonly replicas: readonly string[]) {
    if (new Set(replicas).size < replicas.length)
      throw new RangeError(`A ring needs distinct replicas; got ${replicas}.`);
    if (replicas.length > 65_535) throw new RangeError(`A ring takes up to 65,535 replicas; got ${replicas.length}.`);
    const all = replicas.flatMap((replica, owner) =>
      Array.from({ length: POINTS }, (_, index) => ({ point: hash32(`${replica}#${index}`), owner })),
    );
    all.sort((a, b) => a.point - b.point || a.owner - b.owner);
    this.points = Uint32Array.from(all, ({ point }) => point);
    this.owners = Uint16Array.from(all, ({ owner }) => owner);
  }

  /**
   * Replicas for a key in the order in which they should be asked, as indexes into `replicas`.
   *
   * @param count how many at most
   * @param usable whether a replica may be asked at all
   * @param busy whether it has its full share of the load; it comes only after those that have not
   */
  order(
    key: string,
    count: number,
    usable: (replica: number) => boolean,
    busy: (replica: number) => boolean = () => false,
  ): number[] {
    if (this.replicas.length === 1) return count > 0 && usable(0) ? [0] : [];
    const free: number[] = [];
    const full: number[] = [];
    const seen = new Set<number>();
    const start = this.indexOf(hash32(key));
    const { length } = this.owners;
    for (let step = 0; step < length && free.length < count && seen.size < this.replicas.length; step++) {
      const owner = this.owners[(start + step) % length] ?? 0;
      if (seen.has(owner)) continue;
      seen.add(owner);
      if (usable(owner)) (busy(owner) ? full : free).push(owner);
    }
    return free.length < count ? [...free, ...full].slice(0, count) : free;
  }

  /** The first point at or after the hash, around the ring. */
  private indexOf(wanted: number): number {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.points[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low === this.points.length ? 0 : low;
  }
}

function hash32(text: string): number {
  return hash("md5", text, "buffer").readUInt32LE(0);
}
