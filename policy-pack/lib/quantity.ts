import { Truth } from "./truth";
import type { Value } from "./value";

/**
 * A number that may not be wholly known: at least `least`, and exactly that when no path holds more back. Never negative.
 */
export class Quantity {
  static readonly zero = new Quantity(0);

  constructor(
    readonly least: number,
    /** Property paths that could make it more; empty when the number is exact. */
    readonly paths: readonly string[] = [],
  ) {}

  /** The number in a property. */
  static of(value: Value, whenAbsent: number): Quantity {
    if (value.isUnknown()) return new Quantity(0, [value.path]);
    const number = Number(value.scalar() ?? whenAbsent);
    return new Quantity(Number.isFinite(number) ? Math.max(number, 0) : whenAbsent);
  }

  /** How many: `amount` if it is so. */
  static when(condition: Truth, amount = 1): Quantity {
    return condition.answer === "yes" ? new Quantity(amount) : new Quantity(0, condition.paths);
  }

  static sum(quantities: readonly Quantity[]): Quantity {
    return quantities.reduce((sum, quantity) => sum.plus(quantity), Quantity.zero);
  }

  plus(other: Quantity): Quantity {
    return new Quantity(this.least + other.least, join(this.paths, other.paths));
  }

  times(other: Quantity): Quantity {
    if (this.isZero() || other.isZero()) return Quantity.zero;
    return new Quantity(this.least * other.least, join(this.paths, other.paths));
  }

  isZero(): boolean {
    return this.least === 0 && this.paths.length === 0;
  }

  /** Whether it is more than a number. */
  exceeds(limit: number): Truth {
    if (this.least > limit) return Truth.yes;
    return this.paths.length > 0 ? Truth.unknown(...this.paths) : Truth.no;
  }
}

function join(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...some, ...others])];
}
