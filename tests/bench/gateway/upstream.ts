import { createServer } from "node:http";

/** A server with OpenAI's API that answers at once, so that what is measured is what stands before it. */
const base = { id: "chatcmpl-1", created: 1, model: "bench" };
const whole = JSON.stringify({
  ...base,
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "word ".repeat(50) }, finish_reason: "stop" }],
  usage: { prompt_tokens: 20, completion_tokens: 50, total_tokens: 70 },
});
/** Of each stream. */
export const STREAM_CHUNKS = 200;

/** Each another: LiteLLM takes a model that repeats itself for a broken one. */
const events = Array.from(
  { length: STREAM_CHUNKS },
  (_, index) =>
    `data: ${JSON.stringify({
      ...base,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: { content: `word${index} ` }, finish_reason: null }],
    })}\n\n`,
);
const last = `data: ${JSON.stringify({
  ...base,
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
})}\n\ndata: [DONE]\n\n`;

if (require.main === module) {
  createServer((request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "application/json" }).end('{"object":"list","data":[]}');
      return;
    }
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (!Buffer.concat(parts).includes('"stream":true') && !Buffer.concat(parts).includes('"stream": true')) {
        response.writeHead(200, { "content-type": "application/json", "content-length": whole.length }).end(whole);
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      let sent = 0;
      const next = () => {
        if (response.destroyed) return;
        const event = events[sent++];
        if (event === undefined) {
          response.end(last);
          return;
        }
        // Each chunk by itself, as an engine sends tokens.
        if (response.write(event)) setImmediate(next);
        else response.once("drain", next);
      };
      next();
    });
  }).listen(Number(process.env["PORT"]), "0.0.0.0");
}
