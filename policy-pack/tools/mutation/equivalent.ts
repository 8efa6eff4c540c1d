/** A broken condition that no test can notice, because nothing that anyone sees depends on it. */
export interface Equivalent {
  /** From the repository's root. */
  readonly file: string;
  /** As the report names it. */
  readonly change: string;
  readonly why: string;
}

/** Left out of every run. An entry that fits no mutant is an error, so that none outlives what it excuses. */
export const equivalents: readonly Equivalent[] = [];
