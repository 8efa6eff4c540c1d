import { chat, healthy, modelName } from "./api.js";
import { ChatAnswer } from "./chat-answer.js";
import { Failure } from "./failures.js";
import { apiKey, keepKey } from "./key.js";
import { figuresOf, shown } from "./statistics.js";
import { Turn } from "./turn.js";

/** @typedef {import("./api.js").Message} Message */

const recheckMilliseconds = 15_000;

const engine = byId("engine", HTMLElement);
const model = byId("model", HTMLElement);
const conversation = byId("conversation", HTMLElement);
const keyForm = byId("key-form", HTMLFormElement);
const keyField = byId("key", HTMLInputElement);
const keyFailure = byId("key-failure", HTMLElement);
const promptForm = byId("prompt-form", HTMLFormElement);
const prompt = byId("prompt", HTMLTextAreaElement);
const maxTokens = byId("max-tokens", HTMLInputElement);
const send = byId("send", HTMLButtonElement);
const stop = byId("stop", HTMLButtonElement);
const restart = byId("restart", HTMLButtonElement);
const progress = byId("progress", HTMLElement);

/** What the model is told of earlier turns. @type {Message[]} */
let history = [];
/** The model's name, once the API has told it. */
let served = "";
/** Ends the answer that is coming; undefined while none is. @type {AbortController | undefined} */
let running;
/** A prompt waits for a key. */
let keyWanted = false;
let recheck = 0;

promptForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = prompt.value.trim();
  if (running === undefined && text !== "") void ask(text);
});
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) promptForm.requestSubmit();
});
stop.addEventListener("click", () => running?.abort());
restart.addEventListener("click", () => {
  running?.abort();
  history = [];
  conversation.replaceChildren();
  progress.textContent = "New conversation.";
  prompt.focus();
});
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(keyField.value.trim());
});

void checkEngine();
void introduce();

/** @param {string} text */
async function ask(text) {
  const turn = new Turn(conversation, text);
  const answer = new ChatAnswer();
  const stopped = new AbortController();
  /** @type {{ sentAt: number, firstAt?: number, lastAt?: number }} */
  const times = { sentAt: performance.now() };
  const asked = history;
  const messages = /** @type {Message[]} */ ([...history, { role: "user", content: text }]);
  begin(stopped);
  try {
    if (served === "") await learnModel(stopped.signal);
    const question = { model: served, messages, maxTokens: maxTokens.valueAsNumber, key: apiKey() };
    await chat(
      question,
      answer,
      (part) => {
        times.lastAt = performance.now();
        times.firstAt ??= times.lastAt;
        turn.append(part);
      },
      stopped.signal,
    );
    turn.end("complete");
    if (answer.finishReason === "length")
      turn.note("The answer is at its longest. Allow more tokens for a longer one.");
    progress.textContent = "The answer is complete.";
  } catch (error) {
    if (stopped.signal.aborted) {
      turn.end("stopped");
      turn.note("Stopped.");
      if (history === asked) progress.textContent = "Stopped.";
    } else fail(turn, error, text, answer);
  }
  const { chunks, tokens } = answer;
  if (chunks > 0) turn.figures(shown(figuresOf({ ...times, endedAt: performance.now(), chunks, tokens })));
  // A conversation that was started anew meanwhile does not get this turn.
  if (answer.text !== "" && history === asked) history = [...messages, { role: "assistant", content: answer.text }];
  finish();
}

/** @param {AbortController} stopped */
function begin(stopped) {
  running = stopped;
  keyWanted = false;
  prompt.value = "";
  progress.textContent = "Answering …";
  swap(send, stop);
}

function finish() {
  running = undefined;
  swap(stop, send);
}

/**
 * @param {Turn} turn
 * @param {unknown} error
 * @param {string} text
 * @param {ChatAnswer} answer
 */
function fail(turn, error, text, answer) {
  const failure = error instanceof Failure ? error : new Failure(`This page failed: ${error}. Reload it.`);
  turn.end("failed");
  turn.fail(failure.message);
  progress.textContent = "";
  // It may have been the model that was not there: ask for it again the next time.
  served = "";
  if (answer.text === "" && prompt.value === "") prompt.value = text;
  if (failure.needsKey) {
    keyWanted = true;
    askForKey(failure);
    keyField.focus();
  } else void checkEngine();
}

/** @param {Failure} failure */
function askForKey(failure) {
  keyForm.hidden = false;
  keyFailure.hidden = apiKey() === "";
  keyFailure.textContent = failure.message;
}

/** @param {string} key */
function useKey(key) {
  const usable = /^[\x21-\x7e]+$/.test(key);
  keyFailure.hidden = usable;
  keyFailure.textContent = usable ? "" : "A key has Latin letters, digits and punctuation only, and no spaces.";
  if (!usable) return;
  keepKey(key);
  keyField.value = "";
  keyForm.hidden = true;
  prompt.focus();
  if (keyWanted && prompt.value.trim() !== "") promptForm.requestSubmit();
  else void introduce();
}

/** Shows the model's name, or asks for the key that it takes to learn it. */
async function introduce() {
  try {
    await learnModel();
  } catch (error) {
    // Whether an engine is ready is said beside it, and a prompt says the rest.
    if (error instanceof Failure && error.needsKey) askForKey(error);
  }
}

/** @param {AbortSignal} [signal] */
async function learnModel(signal) {
  served = await modelName(apiKey(), signal);
  model.textContent = served;
}

async function checkEngine() {
  window.clearTimeout(recheck);
  const ready = await healthy();
  const state = ready ? "ready" : "down";
  if (engine.dataset["state"] !== state) {
    engine.dataset["state"] = state;
    engine.textContent = ready ? "The engine is ready." : "No engine is ready: it is down, or still starting.";
  }
  if (!ready) recheck = window.setTimeout(checkEngine, recheckMilliseconds);
}

/**
 * Shows one button in place of another, which hands its focus on.
 * @param {HTMLButtonElement} gone
 * @param {HTMLButtonElement} come
 */
function swap(gone, come) {
  const focused = document.activeElement === gone;
  come.hidden = false;
  if (focused) come.focus();
  gone.hidden = true;
}

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function byId(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} #${id}.`);
}
