import { check } from "./steps";

export interface Question {
  readonly method?: string;
  /** Sent as JSON. */
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FrontAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // A parsed answer; each caller checks what it relies on.
  // biome-ignore lint/suspicious/noExplicitAny: it is JSON
  readonly body: any;
  /** From sending to the last byte, as this machine saw it. */
  readonly clientMs: number;
}

/** A line of a streamed answer, and when it was there, in ms from sending. */
export interface StreamedLine {
  readonly atMs: number;
  readonly text: string;
}

/** Longer than any of the demos' generations take, on a machine without a GPU too. */
const timeoutMs = 180_000;

/** One way into a deployed system, as a client outside sees it. Redirects are answers. */
export class FrontClient {
  /**
   * @param baseUrl without a slash at the end
   * @param headers sent with every request, such as the key; a question's own win
   */
  constructor(
    readonly baseUrl: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** The same way in with other headers. */
  with(headers: Readonly<Record<string, string>>): FrontClient {
    return new FrontClient(this.baseUrl, headers);
  }

  async ask(path: string, question: Question = {}): Promise<FrontAnswer> {
    const start = performance.now();
    const response = await this.send(path, question);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: parse(text),
      clientMs: performance.now() - start,
    };
  }

  /** As `ask`, but any other status than those expected fails the step. */
  async expect(statuses: readonly number[], path: string, question: Question = {}): Promise<FrontAnswer> {
    const answer = await this.ask(path, question);
    check(
      statuses.includes(answer.status),
      `${question.method ?? "GET"} ${this.baseUrl}${path} answered ${answer.status}, not ${statuses.join(" or ")}: ${answer.text.slice(0, 500)}`,
    );
    return answer;
  }

  /** Asks for a streamed answer and notes when each line of it came. Empty lines are left out. Any status but 200 fails the step. */
  async stream(path: string, question: Question): Promise<StreamedLine[]> {
    const start = performance.now();
    const response = await this.send(path, question);
    if (response.status !== 200 || !response.body) {
      const said = (await response.text()).slice(0, 500);
      check(false, `${question.method ?? "GET"} ${this.baseUrl}${path} answered ${response.status}, not 200: ${said}`);
    }
    const lines: StreamedLine[] = [];
    let rest = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const atMs = performance.now() - start;
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      for (const text of parts) if (text.trim() !== "") lines.push({ atMs, text: text.trim() });
    }
    if (rest.trim() !== "") lines.push({ atMs: performance.now() - start, text: rest.trim() });
    return lines;
  }

  private send(path: string, { method = "GET", json, headers = {} }: Question): Promise<Response> {
    return fetch(`${this.baseUrl}${path}`, {
      method,
      redirect: "manual",
      headers: { ...(json && { "content-type": "application/json" }), ...this.headers, ...headers },
      ...(json && { body: JSON.stringify(json) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
