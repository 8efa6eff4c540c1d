/**
 * What went wrong with a request, in words for whoever sits before the page.
 */
export class Failure extends Error {
  /**
   * @param {string} message what is wrong and what to do
   * @param {number} [status] of the answer. Default none: there was no answer, or it broke off
   * @param {boolean} [needsKey] another key may help. Default: where the status says so
   */
  constructor(message, status, needsKey = status === 401) {
    super(message);
    this.name = "Failure";
    this.status = status;
    this.needsKey = needsKey;
  }
}

const tryLater = "Try again in a minute.";

/**
 * Texts by status; `said` is what the API itself gave as its reason, or "".
 * @type {Readonly<Record<number, (said: string, seconds: string) => string>>}
 */
const texts = {
  400: (said) => `The engine refused the request: ${sentence(said)}`,
  401: () => "The API asks for a key, or for another one than was given.",
  403: () =>
    "The firewall refused the request. Text that looks like an attack, such as markup or SQL, can cause this: put it in other words.",
  404: (said) => `The API does not know this: ${sentence(said)}`,
  413: () => "The request is too large. Shorten the prompt or start a new conversation.",
  429: (_, seconds) => `Too many requests from this address. ${seconds ? `Try again in ${seconds} s.` : tryLater}`,
  500: (said) => `The engine failed: ${sentence(said)}`,
  502: () => `The engine can't be reached: it is down, or still starting. ${tryLater}`,
  503: () => `No engine is ready: it is down, or still starting. ${tryLater}`,
  504: () => `The engine took too long to begin an answer. ${tryLater}`,
};

const tooLong = /context length|too long|max_tokens|maximum.*tokens/i;

/**
 * The failure an answer with an error status stands for.
 * @param {number} status
 * @param {string} body as received: JSON of the engine, or a page of what is in between
 * @param {string | null} [retryAfter] the header; seconds are shown, a date is not
 */
export function refusal(status, body, retryAfter) {
  const said = reasonIn(body);
  const seconds = retryAfter && /^\d+$/.test(retryAfter) ? retryAfter : "";
  const needsKey = status === 401 || (status === 403 && codeIn(body) === keyRefused);
  const text =
    texts[needsKey ? 401 : status]?.(said, seconds) ?? `The API answered with an error: ${sentence(said)} ${tryLater}`;
  const advice = status === 400 && tooLong.test(said) ? " Shorten the prompt or start a new conversation." : "";
  return new Failure(`${text}${advice} (${status})`, status, needsKey);
}

/** What a REST API of API Gateway calls a missing or wrong key. A firewall's 403 has another code, or none. */
const keyRefused = "INVALID_API_KEY";

/** @param {string} body */
function codeIn(body) {
  try {
    return JSON.parse(body)?.error?.code;
  } catch {
    return undefined;
  }
}

/**
 * The reason in an error as vLLM, other OpenAI-compatible servers and API Gateway write it; "" where there is none.
 * @param {string} body
 * @returns {string}
 */
export function reasonIn(body) {
  try {
    return reasonOf(JSON.parse(body)) ?? "";
  } catch {
    return "";
  }
}

/**
 * The reason in a parsed error: a text in `error`, `message` or `detail`, or in one of these inside of `error`.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function reasonOf(value) {
  if (typeof value !== "object" || value === null) return undefined;
  const { error, message, detail } = /** @type {Record<string, unknown>} */ (value);
  const text = [error, message, detail].find((part) => typeof part === "string" && part !== "");
  return typeof text === "string" ? text : reasonOf(error);
}

/** @param {string} said */
function sentence(said) {
  if (said === "") return "it gave no reason.";
  return /[.!?]$/.test(said) ? said : `${said}.`;
}

/** No answer at all. */
export function unreachable() {
  return new Failure("No connection to the server. Check the network, then send again.");
}

/**
 * The answer ended before it was complete.
 * @param {string} [reason] what the engine gave as its reason. Default none
 */
export function brokenOff(reason) {
  const why = reason ?? "the connection was lost or the engine stopped.";
  return new Failure(`The answer broke off: ${sentence(why)} What came until then is shown.`);
}
