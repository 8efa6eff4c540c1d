import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  judgeBeginning,
  LONGEST_EVENT,
  Tail,
  UsageFilter,
  usageIn,
} from "../../../../services/gateway/upstream/events";
import { bodyFor } from "../../../../services/gateway/upstream/upstreams";
import { gemini, vllm } from "./router-fixtures";

describe("the beginning of a stream", () => {
  test.each([
    ["", "more"],
    ['data: {"choices":[]}', "more"],
    ['data: {"choices":[]}\n\n', "fine"],
    ['data:{"choices":[],"error":null}\r\n\r\n', "fine"],
    ['event: message\ndata: {"choices":\ndata: []}\n\nmore', "fine"],
    ["data: [DONE]\n\n", "fine"],
    [": ping\n\n", "more"],
    [': ping\n\n: ping\n\ndata: {"id":1}\n\n', "fine"],
    [": ping\n\ndata: {\n\n", { malformed: "the first event is not JSON" }],
    ['data: {"error":{"message":"no memory"}}\n\n', { malformed: "an error instead of a token: no memory" }],
    ["data: null\n\n", { malformed: "the first event is not JSON" }],
    ["x".repeat(LONGEST_EVENT + 1), { malformed: "no event in the first 256 KiB" }],
    [":\n\n".repeat(LONGEST_EVENT), { malformed: "no event in the first 256 KiB" }],
  ])("%.60j", (text, verdict) => {
    expect(judgeBeginning(text)).toEqual(verdict);
  });
});

describe("the end of an answer", () => {
  test("tells the usage, the last if there are several, and not what a model writes about it", () => {
    const usage = '"usage":{"prompt_tokens":5,"total_tokens":7,"completion_tokens": 2}';
    expect(usageIn(`{"choices":[],${usage}}`)).toEqual({ inputTokens: 5, outputTokens: 2 });
    expect(usageIn(`${usage}\n${usage.replace("2}", "9}")}`)?.outputTokens).toBe(9);
    expect(usageIn(JSON.stringify({ content: `${usage}` }))).toBeUndefined();
    expect(usageIn('{"usage":null}')).toBeUndefined();
  });

  test("is kept whole however the chunks come", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40 })),
        fc.integer({ min: 1, max: 64 }),
        (chunks, size) => {
          const tail = new Tail(size);
          for (const chunk of chunks) tail.add(Buffer.from(chunk, "latin1"));
          const all = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, "latin1"))).toString("latin1");
          expect(tail.text).toBe(all.slice(-size));
        },
      ),
    );
  });
});

describe("usage that only the gateway asked for", () => {
  const token = 'data: {"choices":[{"delta":{"content":"ü"}}]}\n\n';
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n';
  const done = "data: [DONE]\n\n";

  test("is taken out of the stream, and nothing else, however the chunks come", () => {
    const bytes = Buffer.from(token + token + usage + done);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const filter = new UsageFilter();
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const passed = edges.slice(1).map((end, index) => filter.pass(bytes.subarray(edges[index], end)));
        expect(Buffer.concat([...passed, filter.end()]).toString()).toBe(token + token + done);
      }),
    );
  });

  test("is asked of paid providers, when the caller streams and did not ask", () => {
    const incoming = (body: object) => ({
      path: "/completions" as const,
      body: { ...body },
      bytes: Buffer.from("own bytes"),
    });
    const [free, paid] = [vllm(), gemini()];
    expect(bodyFor(free, incoming({ model: "large", stream: true })).toString()).toBe("own bytes");
    const asked = (body: object) => JSON.parse(bodyFor(paid, incoming(body)).toString());
    const { model } = paid;
    expect(asked({ model, stream: true, stream_options: { x: 1 } })).toEqual({
      model,
      stream: true,
      stream_options: { x: 1, include_usage: true },
    });
    expect(bodyFor(paid, incoming({ model, stream: true, stream_options: { include_usage: true } })).toString()).toBe(
      "own bytes",
    );
    expect(asked({ model: "auto" })).toEqual({ model });
  });
});
