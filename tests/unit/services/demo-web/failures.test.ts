import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { brokenOff, reasonIn, refusal, unreachable } from "../../../../services/demo-web/site/failures.js";

const tooLong =
  "This model's maximum context length is 4096 tokens. However, you requested 4608 tokens (4096 in the messages, 512 in the completion).";

describe("refusal", () => {
  test.each([
    [401, '{"error":"Unauthorized"}', "The API asks for a key, or for another one than was given. (401)"],
    [403, "<html>Request blocked.</html>", /^The firewall refused the request\. .* \(403\)$/],
    [404, '{"error":{"message":"The model `x` does not exist."}}', /: The model `x` does not exist\. \(404\)$/],
    [413, "", "The request is too large. Shorten the prompt or start a new conversation. (413)"],
    [429, "", "Too many requests from this address. Try again in a minute. (429)"],
    [500, "", "The engine failed: it gave no reason. (500)"],
    [502, "<html>", /^The engine can't be reached: .* \(502\)$/],
    [503, "<html>", /^No engine is ready: .* \(503\)$/],
    [504, "", /^The engine took too long to begin an answer\. .* \(504\)$/],
    [418, '{"message":"I am a teapot"}', "The API answered with an error: I am a teapot. Try again in a minute. (418)"],
  ])("tells what %i stands for", (status, body, message) => {
    expect(refusal(status, body).message).toEqual(
      typeof message === "string" ? message : expect.stringMatching(message),
    );
  });

  test.each([
    ["newer vLLM", JSON.stringify({ error: { message: tooLong, type: "BadRequestError", param: null, code: 400 } })],
    ["older vLLM", JSON.stringify({ object: "error", message: tooLong, type: "BadRequestError", code: 400 })],
  ])("says with the words of %s how much too long a prompt is, and what to do", (_, body) => {
    expect(refusal(400, body).message).toBe(
      `The engine refused the request: ${tooLong} Shorten the prompt or start a new conversation. (400)`,
    );
  });

  test("gives that advice for no other mistake", () => {
    const body = '{"error":{"message":"temperature must be non-negative"}}';
    expect(refusal(400, body).message).toBe("The engine refused the request: temperature must be non-negative. (400)");
  });

  test.each([
    ["30", "Try again in 30 s."],
    ["Sat, 21 Nov 2026 16:00:00 GMT", "Try again in a minute."],
    [null, "Try again in a minute."],
  ])("tells how long to wait by Retry-After %s", (retryAfter, advice) => {
    expect(refusal(429, "", retryAfter).message).toBe(`Too many requests from this address. ${advice} (429)`);
  });

  test("asks for a key where a REST API refuses for want of it, not where a firewall refuses", () => {
    const refused = (code: string) => refusal(403, JSON.stringify({ error: { message: "Forbidden", code } }));
    expect([refused("INVALID_API_KEY").needsKey, refused("INVALID_API_KEY").message]).toEqual([
      true,
      "The API asks for a key, or for another one than was given. (403)",
    ]);
    expect(refused("WAF_FILTERED").needsKey).toBe(false);
    expect(refused("WAF_FILTERED").message).toMatch(/^The firewall refused/);
  });

  property.prop([fc.integer({ min: 400, max: 599 })])("asks for a key at 401 only", (status) => {
    expect(refusal(status, "").needsKey).toBe(status === 401);
  });

  test("asks for no key where there was no answer", () => {
    expect([unreachable().needsKey, brokenOff().needsKey]).toEqual([false, false]);
  });
});

describe("reasonIn", () => {
  test.each([
    ['{"error":{"message":"a"}}', "a"],
    ['{"error":"a","message":"b"}', "a"],
    ['{"message":"a"}', "a"],
    ['{"detail":"a"}', "a"],
    ['{"error":{"code":5},"detail":[]}', ""],
    ["<html>", ""],
    ["null", ""],
  ])("finds in %s the reason %j", (body, reason) => {
    expect(reasonIn(body)).toBe(reason);
  });

  property.prop([fc.oneof(fc.string(), fc.json())])("takes whatever a server sends", (body) => {
    expect(reasonIn(body)).toBeTypeOf("string");
  });
});
