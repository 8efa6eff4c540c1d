import type { BnsSection } from "./bns";
import type { Work } from "./firs";
import { generateFir } from "./generate";
import { PlainError } from "./log";
import type { ModelClient } from "./model-client";
import type { Settings } from "./settings";
import type { Stored } from "./store";
import type { Uploads } from "./uploads";

export interface WorkParts {
  readonly settings: Pick<
    Settings,
    "SUMMARISER_MODEL" | "BNS_CHECK_MODEL" | "ASR_MODEL" | "OCR_MODEL" | "MODEL_MAX_TOKENS"
  >;
  readonly client: ModelClient;
  readonly uploads: Uploads;
  readonly knowledge: readonly BnsSection[];
}

/** Recording or image to text, text to FIR. */
export function workWith(parts: WorkParts): Work {
  const { settings, client, knowledge } = parts;
  return async (submission, { signal, onStatement, onValidation }) => {
    let { statement } = submission;
    if (statement === undefined) {
      statement = await statementOf(submission, parts, signal);
      // After a restart it need not be heard or read again.
      await onStatement(statement);
    }
    return generateFir(statement, {
      client,
      summariser: settings.SUMMARISER_MODEL,
      bnsCheck: settings.BNS_CHECK_MODEL,
      maxTokens: settings.MODEL_MAX_TOKENS,
      knowledge,
      signal,
      onValidation,
    });
  };
}

async function statementOf(
  { id, source, upload }: Stored,
  { settings, client, uploads }: WorkParts,
  signal: AbortSignal,
): Promise<string> {
  if (upload === undefined) throw new PlainError("The submission has neither text nor file.");
  const bytes = await uploads.read(id).catch((cause: unknown) => {
    throw new PlainError("The uploaded file is no longer there. Submit it again.", { cause });
  });
  await uploads.copyToBucket(id, bytes, upload.type);
  const text =
    source === "audio"
      ? await client.transcribe(
          settings.ASR_MODEL,
          new Blob([new Uint8Array(bytes)], { type: upload.type }),
          upload.name,
          signal,
        )
      : await client.readImage(settings.OCR_MODEL, bytes, upload.type, signal);
  if (text.length < 10) {
    throw new PlainError(
      source === "audio" ? "No speech was found in the recording." : "No text was found in the image.",
    );
  }
  return text;
}
