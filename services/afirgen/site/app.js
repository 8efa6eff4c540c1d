import { fieldsOf, progressOf, sectionsOf } from "./report.js";

const pollMs = 2000;
const accepted = {
  audio: { label: "Recording", accept: "audio/*" },
  image: { label: "Picture of the statement", accept: "image/png,image/jpeg,image/webp,image/tiff" },
};

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

const form = element("form", HTMLFormElement);
const text = element("text", HTMLTextAreaElement);
const file = element("file", HTMLInputElement);
const failure = element("failure", HTMLParagraphElement);
const progress = element("progress", HTMLParagraphElement);
const send = element("send", HTMLButtonElement);
const cancel = element("cancel", HTMLButtonElement);
const result = element("result", HTMLElement);

/** Of the FIR that is waited for. @type {string | undefined} */
let current;

/** @returns {"text" | "audio" | "image"} */
function kind() {
  const value = new FormData(form).get("kind");
  return value === "audio" || value === "image" ? value : "text";
}

form.addEventListener("change", () => {
  const chosen = kind();
  element("text-part", HTMLDivElement).hidden = chosen !== "text";
  element("file-part", HTMLDivElement).hidden = chosen === "text";
  if (chosen === "text") return;
  element("file-label", HTMLLabelElement).textContent = accepted[chosen].label;
  file.accept = accepted[chosen].accept;
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (current !== undefined) return;
  submit().catch((/** @type {unknown} */ error) => fail(error instanceof Error ? error.message : String(error)));
});

cancel.addEventListener("click", async () => {
  const id = current;
  if (id === undefined) return;
  await fetch(`/api/fir/${id}`, { method: "DELETE" }).catch(() => {
    // The next question shows what became of it.
  });
});

async function submit() {
  failure.hidden = true;
  result.hidden = true;
  const body = bodyOf();
  if (typeof body === "string") {
    fail(body);
    return;
  }
  send.disabled = true;
  progress.textContent = "Sending …";
  const answer = await ask("/api/fir", { method: "POST", ...body });
  current = answer.id;
  cancel.hidden = false;
  progress.textContent = progressOf(answer);
  await follow(answer.id);
}

/** The request, or what is wrong with what was filled in. @returns {RequestInit | string} */
function bodyOf() {
  if (kind() === "text") {
    const statement = text.value.trim();
    if (statement.length < 10) return "Say what happened, in 10 characters or more.";
    return { headers: { "content-type": "application/json" }, body: JSON.stringify({ text: statement }) };
  }
  const [chosen] = file.files ?? [];
  if (!chosen) return "Choose a file.";
  if (chosen.size > 25 * 1024 * 1024) return "The file is larger than 25 MB. Choose a smaller one.";
  const data = new FormData();
  data.set("file", chosen);
  return { body: data };
}

/** @param {string} id */
async function follow(id) {
  let misses = 0;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    let view;
    try {
      view = await ask(`/api/fir/${id}`, {});
      misses = 0;
    } catch (error) {
      // The service may be starting again; it goes on with this report then.
      misses += 1;
      if (misses > 30) throw error;
      progress.textContent = "The service does not answer. Trying again …";
      continue;
    }
    const message = progressOf(view);
    // Read out again by a screen reader only if it changed.
    if (progress.textContent !== message) progress.textContent = message;
    if (view.status === "waiting" || view.status === "working") continue;
    finish();
    if (view.status === "done") show(view);
    else if (view.status === "failed") fail(message);
    return;
  }
}

/** @param {string} url @param {RequestInit} init */
async function ask(url, init) {
  const response = await fetch(url, init);
  const body = await response.json().catch(() => undefined);
  if (response.ok && body) return body;
  const retry = response.headers.get("retry-after");
  const later = response.status === 503 && retry ? ` Try again in ${retry} s.` : "";
  throw new Error(`${body?.error?.message ?? `The service answered with status ${response.status}.`}${later}`);
}

/** @param {import("./report.js").View} view */
function show(view) {
  element("fields", HTMLDListElement).replaceChildren(
    ...fieldsOf(view).flatMap(([name, value]) => [written("dt", name), written("dd", value)]),
  );
  element("sections", HTMLUListElement).replaceChildren(...sectionsOf(view).map((line) => written("li", line)));
  result.hidden = false;
  element("result-title", HTMLHeadingElement).focus();
}

/** @param {string} tag @param {string} content */
function written(tag, content) {
  const made = document.createElement(tag);
  made.textContent = content;
  return made;
}

/** @param {string} message */
function fail(message) {
  finish();
  progress.textContent = "";
  failure.textContent = message;
  failure.hidden = false;
}

function finish() {
  current = undefined;
  send.disabled = false;
  cancel.hidden = true;
}
