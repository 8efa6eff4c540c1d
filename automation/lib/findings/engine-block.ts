import { stripVTControlCharacters } from "node:util";

const HEADING = "Policies:";

/**
 * Passes an engine's output on without its "Policies:" block, which ours takes the place of. The block reaches from its
 * heading to the next line that is not indented.
 */
export class WithoutPolicyBlock {
  private pending = "";
  private inside = false;
  private lineStarted = false;

  constructor(private readonly write: (text: string) => void) {}

  push(text: string): void {
    const lines = (this.pending + text).split("\n");
    this.pending = lines.pop() ?? "";
    for (const line of lines) this.line(`${line}\n`);
    // Half a line is shown at once, as progress dots come one by one, unless it may become the heading.
    if (this.pending !== "" && !this.inside && (this.lineStarted || !mayBecomeHeading(this.pending))) {
      this.write(this.pending);
      this.pending = "";
      this.lineStarted = true;
    }
  }

  /** What is left when the engine has ended. */
  end(): void {
    if (this.pending !== "") this.line(this.pending);
    this.pending = "";
  }

  private line(line: string): void {
    const plain = stripVTControlCharacters(line).trimEnd();
    const atStart = !this.lineStarted;
    this.lineStarted = false;
    if (this.inside) this.inside = plain === "" || /^\s/.test(plain);
    else if (atStart) this.inside = plain === HEADING;
    if (!this.inside) this.write(line);
  }
}

function mayBecomeHeading(text: string): boolean {
  // A colour code that is cut in half by the end of the text is not stripped.
  const [plain = ""] = stripVTControlCharacters(text).split("\u001b");
  return HEADING.startsWith(plain.trimEnd());
}
