import { type IncomingMessage, request } from "node:http";

export interface Question {
  /** Name that the request is for; the emulator finds the resource by it. */
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Sends a request to the emulator under another host name, which `fetch` can't; resolves with the answer's beginning. */
export function open(endpoint: string, { host, path, method = "GET", headers = {}, body }: Question) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      new URL(endpoint),
      { method, path, headers: { Host: host, ...headers }, signal: AbortSignal.timeout(60_000) },
      resolve,
    );
    sent.once("error", reject);
    sent.end(body);
  });
}

/** As `open`, with the whole answer. */
export async function ask(endpoint: string, question: Question): Promise<Answer> {
  const answer = await open(endpoint, question);
  let body = "";
  for await (const chunk of answer) body += chunk;
  return { status: answer.statusCode ?? 0, headers: answer.headers, body };
}
