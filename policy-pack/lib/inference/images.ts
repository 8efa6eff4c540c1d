import { type Command, wordsOf } from "./scripts";

const digest = /@sha256:[0-9a-f]{64}$/i;
const starters = /(?:^|[\s/;&|(])(?:docker|podman|nerdctl)\s+(?:container\s+|image\s+)?(run|create|pull)\s+(.*)$/;
const composeImage = /^\s*(?:-\s+)?["']?image["']?\s*:\s*(\S.*?)\s*,?\s*$/;
const builds = /(?:^|[\s/;&|(])(?:docker|podman|nerdctl)\s+(?:buildx\s+|image\s+)?build\s+(.*)$/;

/** Options of `run`, `create` and `pull` that take no value. Source: `docker run --help` and `docker pull --help`. */
const switches = new Set([
  "--all-tags",
  "--detach",
  "--disable-content-trust",
  "--help",
  "--init",
  "--interactive",
  "--no-healthcheck",
  "--oom-kill-disable",
  "--privileged",
  "--publish-all",
  "--quiet",
  "--read-only",
  "--rm",
  "--sig-proxy",
  "--tty",
]);

/** Whether an image is named by its content. A reference with a variable in it is not known, and counts as pinned. */
export function isPinned(image: string): boolean {
  return image.includes("$") || digest.test(image);
}

/** The commands that start or fetch a container image by a name that may mean another image tomorrow. */
export function unpinnedImages(commands: readonly Command[]): readonly Command[] {
  const built = new Set(commands.flatMap(({ text }) => builtNames(text)));
  return commands.filter(({ text }) => imagesIn(text).some((image) => !isPinned(image) && !built.has(image)));
}

function imagesIn(text: string): readonly string[] {
  const compose = composeImage.exec(text)?.[1];
  if (compose !== undefined) return wordsOf(compose).slice(0, 1);
  return text.split(/&&|\|\||[;|]/).flatMap((part) => {
    const rest = starters.exec(part)?.[2];
    const image = rest === undefined ? undefined : firstArgument(wordsOf(rest));
    return image === undefined ? [] : [image];
  });
}

/** The first word that is neither an option nor an option's value. */
function firstArgument(words: readonly string[]): string | undefined {
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (!word.startsWith("-")) return /^[&>]/.test(word) ? undefined : word.replace(/\)+$/, "");
    if (takesValue(word)) index += 1;
  }
  return undefined;
}

function takesValue(option: string): boolean {
  if (option.startsWith("--")) return !option.includes("=") && !switches.has(option);
  // Letters without a value can stand together, and the last may be one with a value. A value that is attached stands alone.
  return /^-[ditPq]*[^ditPq-]$/.test(option);
}

/** Images that the script builds itself. */
function builtNames(text: string): readonly string[] {
  const words = wordsOf(builds.exec(text)?.[1] ?? "");
  return words.flatMap((word, index) => {
    if (word === "-t" || word === "--tag") return words[index + 1] ?? [];
    return word.startsWith("--tag=") ? word.slice("--tag=".length) : [];
  });
}
