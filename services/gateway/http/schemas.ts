/** JSON Schema of what the routes take and give: Fastify checks requests by it, and the OpenAPI document is made of it. */

const common = {
  model: { type: "string", minLength: 1, maxLength: 256, description: "`auto`, or a model of GET /v1/models." },
  stream: { type: "boolean", nullable: true, description: "Server-sent events, token by token." },
  stream_options: { type: "object", nullable: true, additionalProperties: true },
  max_tokens: { type: "integer", minimum: 1, nullable: true },
  temperature: { type: "number", minimum: 0, maximum: 2, nullable: true },
  top_p: { type: "number", minimum: 0, maximum: 1, nullable: true },
  n: { type: "integer", minimum: 1, maximum: 128, nullable: true },
  user: { type: "string" },
  prompt_cache_key: { type: "string", description: "Requests with the same key go to the same replica." },
} as const;

export const chatBody = {
  type: "object",
  description: "As in OpenAI's API. Fields that are not named here go on to the provider as they are.",
  required: ["model", "messages"],
  properties: {
    ...common,
    messages: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["role"],
        properties: { role: { enum: ["system", "developer", "user", "assistant", "tool", "function"] } },
        additionalProperties: true,
      },
    },
  },
  additionalProperties: true,
} as const;

export const completionBody = {
  type: "object",
  description: chatBody.description,
  required: ["model", "prompt"],
  properties: {
    ...common,
    prompt: { description: "A text, or a list of texts.", anyOf: [{ type: "string" }, { type: "array", minItems: 1 }] },
  },
  additionalProperties: true,
} as const;

export const taskHeaders = {
  type: "object",
  properties: {
    "x-llm-risk": { type: "string", enum: ["low", "medium", "high"], description: "Of the task. Default: medium." },
    "x-llm-private": { type: "string", enum: ["true", "false"], description: "true: providers within the VPC only." },
    "x-session-id": { type: "string", maxLength: 256, description: "Requests of a session go to the same replica." },
    "x-llm-task": { type: "string", maxLength: 64, description: "`self-modification`, or anything else." },
    "x-llm-confidence": {
      type: "string",
      pattern: "^(0(\\.\\d+)?|1(\\.0+)?)$",
      description: "The agent's own, 0 to 1.",
    },
    "x-llm-approved-by": {
      type: "string",
      minLength: 1,
      maxLength: 128,
      description: "Who approved a task of high risk.",
    },
  },
} as const;

export const errorAnswer = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["message", "type", "param", "code"],
      properties: {
        message: { type: "string" },
        type: { type: "string" },
        param: { type: "string", nullable: true },
        code: { type: "string", nullable: true },
        attempts: { type: "array", items: { type: "object", additionalProperties: true } },
      },
      additionalProperties: true,
    },
  },
} as const;

/** Of answers that the provider makes: they pass as they are, so their form is only told. */
export const passed = {
  description: "The provider's answer: JSON, or events with `stream`.",
  type: "object",
  additionalProperties: true,
} as const;

export const bearer = [{ key: [] }];
