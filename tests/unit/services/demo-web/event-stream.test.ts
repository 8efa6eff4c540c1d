import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { EventStream } from "../../../../services/demo-web/site/event-stream.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => new EventStream().push(bytesOf(text));

/** The pieces that cuts at these places, wherever they fall in the bytes, leave. */
function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe("EventStream", () => {
  test.each([
    ["events of OpenAI's API", 'data: {"a":1}\n\ndata: [DONE]\n\n', ['{"a":1}', "[DONE]"]],
    ["carriage returns with line feeds", "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]],
    ["carriage returns alone", "data: a\r\rdata: b\r\r", ["a", "b"]],
    ["several data lines as one event", "data: a\ndata: b\n\n", ["a\nb"]],
    ["no more than one space off", "data:  a\n\ndata:b\n\n", [" a", "b"]],
    ["a field without a colon", "data\n\n", [""]],
    ["no comments, and no other fields", ": keep-alive\n\nevent: x\nid: 1\nretry: 5\ndatabase: c\ndata: a\n\n", ["a"]],
    ["no event that has not ended", "data: a\n\ndata: b\n", ["a"]],
    ["text after a byte order mark", "\uFEFFdata: a\n\n", ["a"]],
    ["letters of every length in UTF-8", "data: aß€🌊\n\n", ["aß€🌊"]],
  ])("reads %s", (_, text, events) => {
    expect(read(text)).toEqual(events);
  });

  test("gives an event out as soon as its end is there", () => {
    const stream = new EventStream();
    expect(stream.push(bytesOf("data: a\n"))).toEqual([]);
    expect(stream.push(bytesOf("\ndata: b"))).toEqual(["a"]);
    expect(stream.push(bytesOf("\r\n\r"))).toEqual(["b"]);
    expect(stream.push(bytesOf("\ndata: c\r\n\r\n"))).toEqual(["c"]);
  });

  const line = fc.oneof(
    fc.string({ unit: "binary" }).map((text) => `data: ${text}`),
    fc.constantFrom("", "", ": comment", "event: x", "data", "data:🌊"),
  );
  const streamText = fc
    .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")))
    .map((lines) => lines.flat().join(""));

  property.prop([streamText, fc.array(fc.nat())])("reads the same, however the bytes are split", (text, cuts) => {
    const bytes = bytesOf(text);
    const stream = new EventStream();
    expect(split(bytes, cuts).flatMap((piece) => stream.push(piece))).toEqual(read(text));
  });

  const data = fc.array(fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]/.test(text)));
  property.prop([data, fc.constantFrom("\n", "\r\n", "\r"), fc.array(fc.nat())])(
    "reads back what was written, however the bytes are split",
    (events, end, cuts) => {
      const stream = new EventStream();
      const bytes = bytesOf(events.map((event) => `data: ${event}${end}${end}`).join(""));
      expect(split(bytes, cuts).flatMap((piece) => stream.push(piece))).toEqual(events);
    },
  );
});
