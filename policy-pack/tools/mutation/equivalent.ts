/** A broken condition that no test can notice, because nothing that anyone sees depends on it. */
export interface Equivalent {
  /** From the repository's root. */
  readonly file: string;
  /** As the report names it. */
  readonly change: string;
  readonly why: string;
}

/** Left out of every run. An entry that fits no mutant is an error, so that none outlives what it excuses. */
export const equivalents: readonly Equivalent[] = [
  {
    file: "policy-pack/lib/iam/glob.ts",
    change: "seen.size > mostStates: > becomes >=",
    why: "A limit of effort: one state more or less in ten thousand decides nothing about a pattern.",
  },
  {
    file: "policy-pack/lib/tagging/required-keys.ts",
    change: "present.not(): without .not()",
    why: "Only unknown answers come here, and what is unknown is so either way round.",
  },
];
