import { openAsBlob } from "node:fs";
import { UserError } from "../../automation/lib/user-error";
import { threads } from "./threads";

/**
 * Make the weights known to a running Ollama under each of the names. What it has already is not sent again.
 *
 * @param file GGUF file with that SHA-256
 * @throws UserError when Ollama refuses
 */
export async function createModels(
  endpoint: string,
  file: string,
  sha256: string,
  names: readonly string[],
): Promise<void> {
  const digest = `sha256:${sha256}`;
  const blob = `${endpoint}/api/blobs/${digest}`;
  if ((await fetch(blob, { method: "HEAD" })).status === 404) {
    await accepted(await fetch(blob, { method: "POST", body: await openAsBlob(file) }), "take the weights");
  }
  for (const model of names) {
    const response = await fetch(`${endpoint}/api/create`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model,
        files: { "model.gguf": digest },
        parameters: { num_thread: threads() },
        stream: false,
      }),
    });
    await accepted(response, `serve the model as ${model}`);
  }
}

async function accepted(response: Response, what: string): Promise<void> {
  const text = await response.text();
  if (response.ok) return;
  throw new UserError(`Ollama would not ${what}: HTTP status ${response.status}: ${text.slice(0, 500)}`);
}
