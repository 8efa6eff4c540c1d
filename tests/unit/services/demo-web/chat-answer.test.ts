import { describe, expect, test } from "vitest";
import { ChatAnswer } from "../../../../services/demo-web/site/chat-answer.js";

const part = (content: string | null, finish_reason: string | null = null) =>
  JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] });

describe("ChatAnswer", () => {
  test("grows by what each part brings, to the engine's count and reason", () => {
    const answer = new ChatAnswer();
    const first = JSON.stringify({ choices: [{ delta: { role: "assistant", content: "" } }] });
    const usage = JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 7 } });
    const brought = [first, part("The"), part(" sea"), part(null, "stop"), usage, "[DONE]"].map((data) =>
      answer.take(data),
    );
    expect(brought).toEqual(["", "The", " sea", "", "", ""]);
    expect(answer).toMatchObject({ text: "The sea", chunks: 2, tokens: 7, finishReason: "stop", ended: true });
  });

  test("takes a count that comes with each part, and none where there is none", () => {
    const answer = new ChatAnswer();
    answer.take(part("a"));
    expect(answer.tokens).toBeUndefined();
    answer.take(JSON.stringify({ choices: [{ delta: { content: "b" } }], usage: null }));
    expect(answer.tokens).toBeUndefined();
    answer.take(JSON.stringify({ choices: [{ delta: { content: "c" } }], usage: { completion_tokens: 3 } }));
    expect(answer).toMatchObject({ text: "abc", tokens: 3 });
  });

  test.each([
    ["at the end that the stream tells", ["[DONE]"], true],
    ["with the engine's reason to end", [part("a", "length")], true],
    ["not with text alone", [part("a")], false],
    ["not without anything", [], false],
  ])("is complete %s", (_, events, complete) => {
    const answer = new ChatAnswer();
    for (const event of events) answer.take(event);
    expect(answer.complete).toBe(complete);
  });

  test.each([
    ["an error as vLLM sends it", '{"error":{"message":"Engine died","code":500}}', "Engine died."],
    ["an error as older engines send it", '{"object":"error","message":"Engine died"}', "Engine died."],
    ["what is no JSON", "<html>", "the server sent something that is no part of an answer."],
    ["what is no part of an answer", '{"choices":"none"}', "the server sent no part of an answer."],
    ["nothing in JSON", "null", "the server sent no part of an answer."],
  ])("says that the answer broke off at %s, and keeps what came", (_, event, reason) => {
    const answer = new ChatAnswer();
    answer.take(part("So far"));
    expect(() => answer.take(event)).toThrow(`The answer broke off: ${reason} What came until then is shown.`);
    expect(answer.text).toBe("So far");
    expect(answer.complete).toBe(false);
  });
});
