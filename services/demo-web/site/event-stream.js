/**
 * Server-sent events out of bytes that come in pieces of any size. An event's type, id and retry time are left out: the API sends data only.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStream {
  #decoder = new TextDecoder();
  /** The line that has not ended yet. */
  #line = "";
  /** Data lines of the event that has not ended yet. */
  #data = /** @type {string[]} */ ([]);
  /** The last character was a carriage return: a line feed right after it belongs to the same line end. */
  #returned = false;

  /**
   * The data of each event that ends in these bytes. An event whose blank line never comes is never given out.
   * @param {Uint8Array} bytes
   * @returns {string[]}
   */
  push(bytes) {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    if (this.#returned && text.startsWith("\n")) text = text.slice(1);
    this.#returned = text === "" ? false : text.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    const unfinished = lines.pop() ?? "";
    /** @type {string[]} */
    const events = [];
    for (const end of lines) {
      this.#take(this.#line + end, events);
      this.#line = "";
    }
    this.#line += unfinished;
    return events;
  }

  /**
   * @param {string} line
   * @param {string[]} events
   */
  #take(line, events) {
    if (line === "") {
      if (this.#data.length > 0) events.push(this.#data.join("\n"));
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field !== "data") return;
    const value = colon < 0 ? "" : line.slice(colon + 1);
    this.#data.push(value.startsWith(" ") ? value.slice(1) : value);
  }
}
