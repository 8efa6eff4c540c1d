/** How close to the page's end a reader must be for it to follow the answer, in pixels. */
const nearEnd = 120;

/** A prompt and its answer on the page. */
export class Turn {
  #article;

  /**
   * @param {HTMLElement} conversation
   * @param {string} prompt
   */
  constructor(conversation, prompt) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("turn-template"));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.#article = /** @type {HTMLElement} */ (copy.querySelector("article"));
    this.#part("prompt").textContent = prompt;
    conversation.append(copy);
    this.#article.scrollIntoView({ block: "end" });
  }

  /**
   * Shows more of the answer. Empty lines before its first word are left out.
   * @param {string} text
   */
  append(text) {
    this.#article.dataset["state"] = "streaming";
    const answer = this.#part("answer");
    const visible = answer.textContent === "" ? text.trimStart() : text;
    const root = document.documentElement;
    const follow = root.scrollHeight - root.scrollTop - root.clientHeight < nearEnd;
    if (visible !== "") answer.append(visible);
    if (follow) root.scrollTop = root.scrollHeight;
  }

  /**
   * Nothing more comes. Screen readers read the answer now, at once instead of in pieces.
   * @param {"complete" | "stopped" | "failed"} state
   */
  end(state) {
    this.#article.dataset["state"] = state;
    this.#part("answer").setAttribute("aria-busy", "false");
  }

  /** @param {string} text */
  note(text) {
    this.#show("note").textContent = text;
  }

  /** @param {string} text */
  fail(text) {
    this.#show("failure").textContent = text;
  }

  /** @param {Readonly<Record<string, string>>} texts by the name of the figure */
  figures(texts) {
    const list = this.#show("figures");
    for (const [name, text] of Object.entries(texts)) {
      const place = list.querySelector(`[data-figure="${name}"]`);
      if (place) place.textContent = text;
    }
  }

  /** @param {string} name */
  #show(name) {
    const part = this.#part(name);
    part.hidden = false;
    return part;
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.#article.querySelector(`[data-part="${name}"]`));
  }
}
