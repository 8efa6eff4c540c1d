import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A file that a script puts on the instance. Its text is a template's: the same for all values. */
export interface InstanceFile {
  readonly path: string;
  readonly mode: "0644" | "0755";
  readonly template: string;
}

export interface ScriptParts {
  /** First line of the script after the interpreter. */
  readonly title: string;
  /** Values by shell variable; also kept on the instance for the scripts that run later. */
  readonly settings: Readonly<Record<string, string>>;
  /** Texts written as files, by path. */
  readonly documents: Readonly<Record<string, string>>;
  readonly files: readonly InstanceFile[];
  /** Templates that follow, in this order. */
  readonly body: readonly string[];
}

const endOfFile = "LLM_STACKS_FILE";

/** The text of a file of `templates/`, ending in a line break. */
export function template(name: string): string {
  return readFileSync(join(__dirname, "templates", name), "utf8");
}

/**
 * One word for the shell that means exactly this text, whatever it holds.
 * @throws RangeError for text with a NUL character, which no shell variable can hold
 */
export function shellWord(text: string): string {
  if (text.includes("\0")) throw new RangeError("a value holds a NUL character, which a shell can't; remove it");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A bash script from templates and values. Values stand in assignments only, each as one quoted word; all the rest is
 * the templates' text, so no value can change what the script does but by what it says.
 */
export function assembleScript({ title, settings, documents, files, body }: ScriptParts): string {
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${shellWord(value)}`);
  const written = Object.entries(documents).map(
    // What looks like a variable in a document is the document's.
    ([path, text]) => `# shellcheck disable=SC2016\nprintf '%s\\n' ${shellWord(text)} | put ${path} 0644`,
  );
  const embedded = files.map(({ path, mode, template: name }) => {
    const text = template(name);
    if (text.split("\n").includes(endOfFile)) throw new Error(`${name} holds the line that ends embedded files`);
    return `put ${path} ${mode} <<'${endOfFile}'\n${text}${endOfFile}`;
  });
  return [
    "#!/bin/bash",
    `# ${title}`,
    template("prologue.sh"),
    ...assignments,
    `declare -p ${Object.keys(settings).join(" ")} | put /etc/llm-stacks/settings 0644`,
    ...written,
    ...embedded,
    "# shellcheck source=/dev/null",
    '. "$ROOT/opt/llm-stacks/lib.sh"',
    ...body.map(template),
  ]
    .join("\n")
    .replace(/\n*$/, "\n");
}
