import { type Command, wordsOf } from "./scripts";

const commit = /\b[0-9a-f]{40}\b/;
const weightFile = /\.(?:gguf|ggml|safetensors|bin|pt|pth|onnx|tar|tgz|tar\.(?:gz|zst)|zip)(?:["'?\s]|$)/i;
const checksumTool = /\b(?:sha256sum|sha512sum|b2sum|b3sum|shasum)\b.*\s(?:-c|--check)\b/;
const sha256 = /\b[0-9a-f]{64}\b/i;

/** One way in which model weights come to a machine. */
interface Download {
  readonly matches: (text: string) => boolean;
  /** Whether the command itself names exactly one content. */
  readonly isExact: (text: string) => boolean;
}

const downloads: readonly Download[] = [
  // Ollama's tags move, and a pull takes no digest.
  { matches: (text) => /\bollama\s+(?:pull|run)\s+\S/.test(text), isExact: () => false },
  {
    matches: (text) => /\b(?:hf|huggingface-cli)\s+download\s+\S/.test(text) || servesFromHub(text),
    isExact: (text) => /--revision[=\s]/.test(text) && commit.test(text),
  },
  {
    matches: (text) => /\b(?:snapshot_download|hf_hub_download|from_pretrained)\(/.test(text),
    isExact: (text) => /revision\s*=/.test(text) && commit.test(text),
  },
  {
    matches: (text) => /\bgit\s+(?:lfs\s+)?clone\b.*huggingface\.co\//.test(text),
    isExact: () => false,
  },
  {
    matches: (text) => /\b(?:curl|wget|aria2c)\b/.test(text) && fetchesWeights(text),
    isExact: (text) => /\/resolve\/[0-9a-f]{40}\//.test(text),
  },
  {
    matches: (text) => /\baws\s+s3\s+(?:cp|sync|mv)\s+s3:\/\/\S*model/i.test(text) || isWeightFromS3(text),
    isExact: () => false,
  },
];

/** The commands that fetch model weights by a name that may mean others tomorrow, in a script that doesn't check them. */
export function uncheckedWeights(commands: readonly Command[]): readonly Command[] {
  if (commands.some(({ text }) => checksumTool.test(text) || isComparison(text) || checksOut(text))) return [];
  return commands.filter(({ text }) => downloads.some(({ matches, isExact }) => matches(text) && !isExact(text)));
}

/** An engine that is given a repository of the Hugging Face hub, and no folder. */
function servesFromHub(text: string): boolean {
  const words = wordsOf(text);
  const served = /\bvllm\s+serve\s+(\S+)/.exec(text)?.[1];
  const isEngine = /vllm|sglang|text-generation|\btgi\b/i.test(text);
  const named = words.flatMap((word, index) => {
    const [option, value] = word.split("=");
    return ["--model", "--model-path", "--model-id"].includes(option ?? "") ? [value ?? words[index + 1] ?? ""] : [];
  });
  return (
    isEngine && [...(served === undefined ? [] : [served]), ...named].some((model) => /^[\w.-]+\/[\w.-]+$/.test(model))
  );
}

function fetchesWeights(text: string): boolean {
  return (
    /huggingface\.co\/\S+\/resolve\//.test(text) ||
    (weightFile.test(text) && /model|weight|gguf|safetensors/i.test(text))
  );
}

function isWeightFromS3(text: string): boolean {
  return /\baws\s+s3\s+(?:cp|sync|mv)\s+s3:\/\//.test(text) && /\.(?:gguf|safetensors)\b/i.test(text);
}

// [ "$(sha256sum f | cut ...)" = 3a5c... ], and the same with what `ollama list` shows.
function isComparison(text: string): boolean {
  return (
    (/\bsha256sum\b/.test(text) || /\bollama\s+(?:list|show)\b/.test(text)) &&
    (sha256.test(text) || /\b[0-9a-f]{12}\b/.test(text))
  );
}

function checksOut(text: string): boolean {
  return /\bgit\b.*\bcheckout\b/.test(text) && commit.test(text);
}
