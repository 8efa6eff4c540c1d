import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Ask, BadAsk, readAsk, type Told, voiceOf } from "./llama-routes";
import { threads } from "./threads";

// node llama-server.ts <folder of node-llama-cpp> <GGUF file> <port> <names...>: the model behind Ollama's and OpenAI's routes.
// node-llama-cpp is no dependency of the project, so what is used of it is written down here.
interface Session {
  setChatHistory(history: unknown[]): void;
  prompt(
    text: string,
    options: {
      onTextChunk(text: string): void;
      onToken(tokens: number[]): void;
      maxTokens?: number;
      temperature?: number;
      signal: AbortSignal;
      stopOnAbortSignal: boolean;
    },
  ): Promise<string>;
}
interface Sequence {
  dispose(): void;
}
interface Model {
  tokenize(text: string): number[];
  createContext(options: { contextSize: number; threads: number }): Promise<{ getSequence(): Sequence }>;
}
interface Library {
  getLlama(options: object): Promise<{ loadModel(options: { modelPath: string }): Promise<Model> }>;
  LlamaChatSession: new (options: { contextSequence: Sequence }) => Session;
}

const CONTEXT_TOKENS = 2048;

async function main([folder = "", file = "", port = "", ...names]: string[]): Promise<void> {
  const entry = join(folder, "node_modules", "node-llama-cpp", "dist", "index.js");
  const library = (await import(pathToFileURL(entry).href)) as Library;
  const llama = await library.getLlama({ build: "never", gpu: process.platform === "darwin" ? "auto" : false });
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: threads() });

  // One at a time, as one context holds one conversation; the others wait their turn.
  let turn: Promise<unknown> = Promise.resolve();
  const tell = (ask: Ask, signal: AbortSignal, onText: (text: string) => void): Promise<Told> => {
    const mine = turn.then(() => generate(library, model, context, ask, signal, onText));
    turn = mine.catch(() => {});
    return mine;
  };
  const server = createServer((request, response) => {
    answer(request, response, names, tell).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else reply(response, error instanceof BadAsk ? error.status : 500, { error: error.message });
    });
  });
  server.listen(Number(port), "127.0.0.1");
}

async function generate(
  library: Library,
  model: Model,
  context: { getSequence(): Sequence },
  ask: Ask,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Told> {
  const start = performance.now();
  const sequence = context.getSequence();
  let [tokens, firstAt] = [0, 0];
  try {
    const session = new library.LlamaChatSession({ contextSequence: sequence });
    const before = ask.messages.slice(0, -1).map(({ role, content }) => {
      return role === "assistant" ? { type: "model", response: [content] } : { type: role, text: content };
    });
    session.setChatHistory(before);
    const text = await session.prompt(ask.messages.at(-1)?.content ?? "", {
      onTextChunk: onText,
      onToken: (more) => {
        tokens += more.length;
        firstAt ||= performance.now();
      },
      maxTokens: ask.maxTokens,
      temperature: ask.temperature ?? 0.8,
      signal,
      stopOnAbortSignal: true,
    });
    const totalMs = performance.now() - start;
    return {
      text,
      tokens,
      promptTokens: ask.messages.reduce((sum, { content }) => sum + model.tokenize(content).length, 0),
      finished: ask.maxTokens === undefined || tokens < ask.maxTokens,
      promptMs: firstAt === 0 ? totalMs : firstAt - start,
      totalMs,
    };
  } finally {
    sequence.dispose();
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  names: readonly string[],
  tell: (ask: Ask, signal: AbortSignal, onText: (text: string) => void) => Promise<Told>,
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  if (request.method === "GET") return replyToGet(path, names, response);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const ask = readAsk(path, Buffer.concat(chunks).toString("utf8"));
  if (!ask) return reply(response, 404, { error: `there is no ${path} here` });
  if (!names.includes(ask.model) && !names.includes(ask.model.replace(/:latest$/, ""))) {
    throw new BadAsk(404, `model "${ask.model}" not found`);
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const voice = voiceOf(ask);
  if (ask.stream) response.writeHead(200, { "content-type": voice.contentType, "cache-control": "no-cache" });
  const told = await tell(ask, gone.signal, (text) => {
    if (ask.stream && text !== "") response.write(voice.piece(text));
  });
  if (ask.stream) response.end(voice.end(told));
  else response.writeHead(200, { "content-type": voice.contentType }).end(voice.whole(told));
}

function replyToGet(path: string, names: readonly string[], response: ServerResponse): void {
  const known: Record<string, object> = {
    "/health": { status: "ok" },
    "/api/version": { version: "node-llama-cpp" },
    "/api/tags": { models: names.map((name) => ({ name: tagged(name), model: tagged(name) })) },
    "/v1/models": { object: "list", data: names.map((id) => ({ id, object: "model", owned_by: "library" })) },
  };
  const body = known[path];
  if (body) reply(response, 200, body);
  else if (path === "/") response.writeHead(200, { "content-type": "text/plain" }).end("The model is running");
  else reply(response, 404, { error: `there is no ${path} here` });
}

function tagged(name: string): string {
  return name.includes(":") ? name : `${name}:latest`;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
