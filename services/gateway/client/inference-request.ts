import { z } from "zod";

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() })), z.null()]).optional(),
});

/**
 * One request to a model, apart from how it travels: chat (`messages`) or plain completion (`prompt`), exactly one of the two.
 * Fields of the OpenAI API that are not named here are passed on as they are.
 */
export const inferenceRequestSchema = z
  .looseObject({
    /** Default: `auto`, the first provider's own model. */
    model: z.string().min(1).default("auto"),
    messages: z.array(message).min(1).optional(),
    prompt: z.string().min(1).optional(),
    /** Longest answer, in tokens. Default: 512. */
    max_tokens: z.number().int().positive().default(512),
    /** Default: 0.7. */
    temperature: z.number().min(0).max(2).default(0.7),
    top_p: z.number().gt(0).max(1).optional(),
    stop: z.union([z.string(), z.array(z.string()).max(4)]).optional(),
  })
  .refine(({ messages, prompt }) => (messages === undefined) !== (prompt === undefined), {
    message: 'give either "messages" or "prompt", and not both',
  });

export type InferenceRequest = z.infer<typeof inferenceRequestSchema>;

/** @throws RangeError that lists all that is wrong, by property */
export function inferenceRequest(input: z.input<typeof inferenceRequestSchema>): InferenceRequest {
  const parsed = inferenceRequestSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "request"}: ${message}`);
  throw new RangeError(`The inference request can't be sent: ${problems.join("; ")}.`);
}
