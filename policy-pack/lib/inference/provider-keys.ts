/** Forms that API keys of model providers have; the first that fits names the provider. */
const forms: readonly (readonly [provider: string, pattern: RegExp])[] = [
  ["Anthropic", /\bsk-ant-[A-Za-z0-9_-]{20,}/],
  ["OpenRouter", /\bsk-or-v1-[A-Za-z0-9]{20,}/],
  ["OpenAI or a provider with keys like its", /\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}/],
  ["Hugging Face", /\bhf_[A-Za-z0-9]{30,}/],
  ["Google", /\bAIza[A-Za-z0-9_-]{35}/],
  ["Groq", /\bgsk_[A-Za-z0-9]{40,}/],
  ["Replicate", /\br8_[A-Za-z0-9]{30,}/],
  ["xAI", /\bxai-[A-Za-z0-9]{40,}/],
  ["Perplexity", /\bpplx-[A-Za-z0-9]{40,}/],
  ["NVIDIA", /\bnvapi-[A-Za-z0-9_-]{40,}/],
  ["Cerebras", /\bcsk-[A-Za-z0-9]{40,}/],
  ["Amazon Bedrock", /\bABSK[A-Za-z0-9+/=]{40,}/],
];

const providers =
  "OPENAI|ANTHROPIC|CLAUDE|MISTRAL|COHERE|GROQ|TOGETHER|TOGETHERAI|FIREWORKS|DEEPSEEK|PERPLEXITY|OPENROUTER|REPLICATE|GEMINI|GOOGLE|XAI|NVIDIA|NGC|CEREBRAS|HF|HUGGINGFACE|HUGGING_FACE|HUGGINGFACEHUB|HUGGING_FACE_HUB|BEDROCK";
/** OPENAI_API_KEY, AZURE_OPENAI_KEY, HF_TOKEN, AWS_BEARER_TOKEN_BEDROCK and their like. */
const keyName = new RegExp(`^(?:\\w+_)?(?:(?:${providers})_(?:API_)?(?:KEY|TOKEN)|BEARER_TOKEN_BEDROCK)$`, "i");
/** Values that name where the key is, and those too short to be one, such as the EMPTY that local engines are given. */
const reference = /^(?:arn:|\/|\{\{|\$|<|ssm:|secretsmanager:|projects\/)/;
const shortestKey = 16;

/** Whose API key a text holds; undefined when none is seen. Never quotes the text. */
export function providerKeyIn(text: string): string | undefined {
  return forms.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Whether a variable of this name is for a provider's API key. */
export function isKeyName(name: string): boolean {
  return keyName.test(name);
}

/** Whether a value of such a variable is the key itself, not where it is. */
export function isKeyItself(value: string): boolean {
  return value.length >= shortestKey && !reference.test(value);
}

/** Whether a script sets such a variable to a key. */
export function assignsKey(script: string): boolean {
  return [...script.matchAll(/\b([A-Za-z_]\w*)\s*[=:]\s*["']?([^\s"'`;&|]+)/g)].some(
    ([, name, value]) => isKeyName(name ?? "") && isKeyItself(value ?? ""),
  );
}
