import { check } from "./steps";

/** Headers that let a request in: a signature, an API key, or nothing. */
export type Authorize = (request: {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}) => Promise<Record<string, string>>;

export interface Answer {
  readonly status: number;
  // A parsed answer; each caller checks what it relies on.
  // biome-ignore lint/suspicious/noExplicitAny: it is JSON
  readonly body: any;
  /** From sending to the last byte, as this machine saw it. */
  readonly clientMs: number;
}

/** API Gateway gives up after 29 s; a little later, so does this client. */
const TIMEOUT_MS = 35_000;

/** The system's API as a client outside sees it. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly authorize: Authorize,
  ) {}

  async post(path: "/ingest" | "/predict", content: object): Promise<Answer> {
    const url = new URL(`${this.baseUrl.replace(/\/+$/, "")}${path}`);
    const body = JSON.stringify(content);
    const headers = { "content-type": "application/json", ...(await this.authorize({ method: "POST", url, body })) };
    const start = performance.now();
    const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    const clientMs = performance.now() - start;
    return { status: response.status, body: parse(text), clientMs };
  }

  /** As post, but any other status than those expected fails the step. */
  async expect(statuses: readonly number[], path: "/ingest" | "/predict", content: object): Promise<Answer> {
    const answer = await this.post(path, content);
    const said = JSON.stringify(answer.body).slice(0, 500);
    check(
      statuses.includes(answer.status),
      `POST ${path} answered ${answer.status}, not ${statuses.join(" or ")}: ${said}`,
    );
    return answer;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
