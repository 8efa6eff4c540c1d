import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { failureOfError, failureOfStatus, ProviderError } from "../errors";
import type { Usage } from "../spend/prices";
import type { Answer } from "./answer";
import { judgeBeginning, Tail, UsageFilter, usageIn } from "./events";

/** A whole answer beyond this is taken for a failure of the provider. */
const LONGEST_ANSWER = 67_108_864;
const LONGEST_ERROR = 65_536;

export interface Passed {
  /** What the answer says of its tokens; undefined if it says nothing. */
  readonly usage: Usage | undefined;
  /** Milliseconds until the first byte went out to the caller. */
  readonly firstByteMs: number;
}

interface PassageOptions {
  readonly answer: Answer;
  readonly provider: string;
  readonly streamed: boolean;
  /** Whether the event with the usage must not reach the caller. */
  readonly hideUsage: boolean;
  /** Milliseconds that the request may still take. */
  readonly remainingMs: number;
  readonly done: (passed: Passed) => void;
  readonly failed: (failure: ProviderError) => void;
}

/**
 * One attempt's way from a provider to the caller. A stream's bytes go on as they come, after its first event was found sound; a whole answer
 * is held until it is complete. So whatever fails before the first byte is out leaves the request free for the next provider.
 */
export class Passage implements Dispatcher.DispatchHandler {
  private readonly start = performance.now();
  private readonly timer: NodeJS.Timeout;
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private held: Buffer[] = [];
  private heldBytes = 0;
  private readonly tail = new Tail();
  private readonly filter: UsageFilter | undefined;
  private firstByteMs = 0;
  private over = false;

  constructor(private readonly options: PassageOptions) {
    this.filter = options.hideUsage ? new UsageFilter() : undefined;
    this.timer = setTimeout(() => this.fail("deadline", "the request's time is up"), options.remainingMs);
    options.answer.onLeft(() => this.fail("cancelled", "the caller left"));
    // Between two attempts, when nobody listened.
    if (options.answer.left) this.fail("cancelled", "the caller left");
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // Left, or out of time, while it waited for a connection.
    if (this.over) controller.abort(new Error("the request is over"));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    const type = headers["content-type"] ?? "";
    if (status !== 200 || !this.options.streamed || type.startsWith("text/event-stream")) return;
    this.fail("malformed", `a stream was asked for, and ${type || "something without a type"} came`);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    if (this.status === 200 && this.options.streamed) this.streamed(controller, chunk);
    else this.hold(chunk);
  }

  onResponseEnd(): void {
    if (this.over) return;
    if (this.status !== 200) {
      const retryAfter = this.headers["retry-after"];
      this.finish(failureOfStatus(this.status, Buffer.concat(this.held), retryAfter, Date.now()));
    } else if (this.options.streamed) this.endStream();
    else this.sendWhole();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.finish(failureOfError(error, this.options.answer.committed));
  }

  private streamed(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { answer, provider } = this.options;
    this.tail.add(chunk);
    if (answer.committed) {
      this.write(controller, chunk);
      return;
    }
    this.held.push(chunk);
    const text = this.held.length === 1 ? chunk.toString("latin1") : Buffer.concat(this.held).toString("latin1");
    const verdict = judgeBeginning(text);
    if (verdict === "more") return;
    if (verdict !== "fine") {
      this.fail("malformed", verdict.malformed);
      return;
    }
    this.firstByteMs = performance.now() - this.start;
    answer.begin(provider);
    const held = this.held;
    this.held = [];
    for (const each of held) this.write(controller, each);
  }

  private write(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { answer } = this.options;
    const passed = this.filter ? this.filter.pass(chunk) : chunk;
    if (passed.length === 0 || answer.write(passed) || controller.paused) return;
    controller.pause();
    answer.drained(() => controller.resume());
  }

  private endStream(): void {
    const { answer } = this.options;
    const { text } = this.tail;
    if (!answer.committed) this.fail("malformed", "the stream ended before its first event");
    else if (!text.includes("[DONE]")) this.fail("reset", "the stream ended before the answer was finished");
    else {
      if (this.filter) answer.write(this.filter.end());
      answer.end();
      this.finish({ usage: usageIn(text), firstByteMs: this.firstByteMs });
    }
  }

  private hold(chunk: Buffer): void {
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    if (this.status !== 200 && this.heldBytes > LONGEST_ERROR) {
      this.finish(failureOfStatus(this.status, Buffer.concat(this.held), this.headers["retry-after"], Date.now()));
      this.controller?.abort(new Error("the error is too long"));
    } else if (this.heldBytes > LONGEST_ANSWER) this.fail("malformed", "the answer is longer than 64 MiB");
  }

  private sendWhole(): void {
    const { answer, provider } = this.options;
    const [first, last] = [this.held[0], this.held.at(-1)];
    const text = last?.subarray(-1024).toString("latin1") ?? "";
    // A glance instead of parsing all: undici has seen to the length, and what is cut off or not JSON at all shows here.
    if (first?.[0] !== 0x7b || !text.trimEnd().endsWith("}")) {
      this.fail("malformed", "the answer is not a JSON object");
      return;
    }
    this.firstByteMs = performance.now() - this.start;
    answer.send(200, "application/json", provider, this.held, this.heldBytes);
    this.finish({ usage: usageIn(text), firstByteMs: this.firstByteMs });
  }

  private fail(kind: ProviderError["kind"], message: string): void {
    const failure = new ProviderError(kind, message, { committed: this.options.answer.committed });
    this.finish(failure);
    this.controller?.abort(failure);
  }

  private finish(result: Passed | ProviderError): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.options.answer.onLeft(undefined);
    this.held = [];
    if (result instanceof ProviderError) this.options.failed(result);
    else this.options.done(result);
  }
}
