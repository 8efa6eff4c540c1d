/** A mistake of the user that keeps the pack from starting; its message says what to do and is shown without a stack. */
export class PackError extends Error {
  override readonly name = "PackError";
}
