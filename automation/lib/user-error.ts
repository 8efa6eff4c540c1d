/** A failure the user can mend. The CLI prints its message and hint without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";

  /**
   * @param message what is wrong and what was expected
   * @param hint what to do about it
   */
  constructor(
    message: string,
    readonly hint?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
