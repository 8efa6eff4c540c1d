/**
 * What a rule knows about one question: yes, no, or not knowable at preview.
 *
 * Kleene's three-valued logic: `no.and(unknown)` is no and `yes.or(unknown)` is yes, so an unknown only counts when the
 * answer really hangs on it. A class and not `boolean | Unknown`, so that nobody writes `if (truth)` and takes an
 * unknown for a yes: only {@link Reporter.when} turns a Truth into a finding.
 */
export class Truth {
  static readonly yes = new Truth("yes", []);
  static readonly no = new Truth("no", []);

  private constructor(
    readonly answer: "yes" | "no" | "unknown",
    /** Property paths that withhold the answer; empty unless the answer is unknown. */
    readonly paths: readonly string[],
  ) {}

  static of(condition: boolean): Truth {
    return condition ? Truth.yes : Truth.no;
  }

  static unknown(...paths: readonly string[]): Truth {
    return new Truth("unknown", paths);
  }

  /** Yes if one of them is; no for an empty list. */
  static any(truths: readonly Truth[]): Truth {
    return truths.reduce((result, truth) => result.or(truth), Truth.no);
  }

  /** Yes if all of them are; yes for an empty list. */
  static all(truths: readonly Truth[]): Truth {
    return truths.reduce((result, truth) => result.and(truth), Truth.yes);
  }

  and(other: Truth): Truth {
    if (this.answer === "no" || other.answer === "no") return Truth.no;
    return this.answer === "unknown" || other.answer === "unknown" ? this.join(other) : Truth.yes;
  }

  or(other: Truth): Truth {
    if (this.answer === "yes" || other.answer === "yes") return Truth.yes;
    return this.answer === "unknown" || other.answer === "unknown" ? this.join(other) : Truth.no;
  }

  not(): Truth {
    if (this.answer === "unknown") return this;
    return this.answer === "yes" ? Truth.no : Truth.yes;
  }

  private join(other: Truth): Truth {
    return new Truth("unknown", [...new Set([...this.paths, ...other.paths])]);
  }
}
