import { z } from "zod";

/** Names that an instance needs to find its place in its Auto Scaling group. All plain, known at preview. */
export interface InstanceFacts {
  readonly region: string;
  readonly groupName: string;
  /** Hook that holds new instances until their engine answers. Its default result should be ABANDON. */
  readonly launchHookName: string;
  /** Hook that holds instances which are to end until their requests have ended. Its default result should be CONTINUE. */
  readonly terminationHookName: string;
}

/** What every system's instances have in common. */
export interface CommonOptions {
  readonly instance: InstanceFacts;
  /** CloudWatch namespace of the agent's metrics, such as `phi3`. Not one of AWS's own. */
  readonly metricsNamespace: string;
  /** Time from the engine's start to its first token, loading included, before the instance is given up. 30 to 7,200 s. */
  readonly healthTimeoutSeconds: number;
  /** Time that running requests have when the instance is to end: the longest generation. 0 to 7,200 s. */
  readonly drainSeconds: number;
  /** Swap file in GiB. */
  readonly swapGiB?: number;
}

export interface VllmOptions extends CommonOptions {
  /** vLLM's image, pinned: `repository@sha256:…`. Its `vllm` command is run. */
  readonly image: string;
  readonly model: {
    /** Repository on the Hugging Face hub, such as `microsoft/Phi-3-mini-4k-instruct`. */
    readonly name: string;
    /** Commit of that repository, 40 hexadecimal digits. */
    readonly revision: string;
    /** Where the weights lie in S3, with the sha256 of their `manifest.json` (see `weightsManifest`). Default: the hub only. */
    readonly weights?: { readonly bucket: string; readonly prefix: string; readonly manifestSha256: string };
    /** Whether files may come from the hub when the bucket does not give them. They are verified all the same. */
    readonly hubFallback: boolean;
  };
  /** The name that clients give as `model`. */
  readonly servedName: string;
  readonly port: number;
  /** Tokens of prompt and answer together. */
  readonly maxModelLen: number;
  /** Share of the GPU's memory for weights and cache, above 0 and up to 1. */
  readonly gpuMemoryUtilization: number;
  /** SSM SecureString with the key that clients send as `Authorization: Bearer`. Default: the engine asks for none. */
  readonly apiKeyParameter?: string;
  /** `engine`: vLLM's lines. `system`: boot, health, end, and what the agent derives metrics from. */
  readonly logGroups: { readonly engine: string; readonly system: string };
  /** Default 0: none. */
  readonly swapGiB?: number;
}

export interface OllamaOptions extends CommonOptions {
  /** Name with tag, such as `phi3:mini`, and the digest that Ollama shows for it in /api/tags: 64 hexadecimal digits. */
  readonly model: { readonly name: string; readonly digest: string };
  /** Channel of Ollama's snap, such as `latest/stable`. Used where snapd is. */
  readonly snapChannel: string;
  /** Release used where snapd is absent, and the sha256 of its archive for the instances' architecture. Default: none, and the boot fails there. */
  readonly archive?: { readonly version: string; readonly sha256: string };
  /** Open WebUI's image, pinned: `repository@sha256:…`. */
  readonly webUiImage: string;
  readonly webUiPort: number;
  readonly ollamaPort: number;
  /** Tokens of prompt and answer together, for each request. */
  readonly contextTokens: number;
  /** Requests that the model works on at once; each takes memory for its own context. */
  readonly parallelRequests: number;
  /** SSM SecureString with the key that Open WebUI signs sessions with, the same on all instances. */
  readonly secretKeyParameter: string;
  /** Account that Open WebUI makes where it has none, and the SSM SecureString with its password. Without it, whoever comes first would be administrator. */
  readonly admin: { readonly email: string; readonly passwordParameter: string };
  /** Where browsers find Open WebUI, and the only site whose pages may call it. Default: any site's may. */
  readonly webUiUrl?: string;
  /** Where Open WebUI's data is kept beyond the instance: uploads, and without a database an archive of all else, whose current version an item of the table tells. */
  readonly backup: { readonly bucket: string; readonly table: string };
  /** SSM SecureString with the URL of a PostgreSQL database with the extension `vector`, for several instances. Default: a file of the instance's own. */
  readonly databaseUrlParameter?: string;
  /** `app`: Open WebUI's lines. `service`: Ollama's, and those of boot, health and end. */
  readonly logGroups: { readonly app: string; readonly service: string };
  /** Default 4. */
  readonly swapGiB?: number;
}

/** Options that would render a script that can't work; the message names all of them. */
export class InvalidOptionsError extends Error {
  constructor(what: string, mistakes: readonly string[]) {
    super(`${what}: ${mistakes.length} wrong\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.name = "InvalidOptionsError";
  }
}

export const text = (pattern: RegExp, expected: string) =>
  z.string(`is missing or no text; give ${expected}`).regex(pattern, {
    error: ({ input }) => `is ${JSON.stringify(input)}; give ${expected}`,
  });
export const whole = (least: number, most: number, unit: string) => {
  const error = ({ input }: { input?: unknown }) =>
    `is ${input}; give a whole number from ${least} to ${most} (${unit})`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

export const sha256 = text(/^[0-9a-f]{64}$/, "a sha256: 64 hexadecimal digits in small letters");
export const bucketName = text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of an S3 bucket");
export const port = whole(1024, 65_535, "a TCP port that needs no root");
/** An image pinned by its digest, with its tag or without: `repository@sha256:…`. */
export const pinnedImage =
  /^[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:\/[a-z0-9][a-z0-9._-]*)*(?::[\w.-]+)?@sha256:[0-9a-f]{64}$/;
const image = text(
  pinnedImage,
  "an image pinned by its digest, repository@sha256:<64 hexadecimal digits>; `docker buildx imagetools inspect name:tag` shows it",
);
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
export const parameterName = text(
  /^(?!-)(?=.{1,1011}$)(?:\/?[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*)$/,
  "the name of an SSM parameter, such as /phi3/dev/api-key",
);
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
export const logGroup = text(/^(?!-)[A-Za-z0-9_./#-]{1,512}$/, "the name of a log group, such as /aws/ec2/ollama-app");
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
const hookName = text(/^(?!-)[A-Za-z0-9_/-]{1,255}$/, "the name of a lifecycle hook: letters, digits, -, _ and /");

/** What the schemas of all options have. */
export const common = {
  instance: z.strictObject({
    region: text(/^[a-z]{2}(?:-[a-z]+)+-[0-9]$/, "an AWS region, such as us-east-1"),
    groupName: text(/^(?!-)[A-Za-z0-9_./-]{1,255}$/, "the name of an Auto Scaling group: letters, digits, and _ . / -"),
    launchHookName: hookName,
    terminationHookName: hookName,
  }),
  metricsNamespace: text(/^(?!-|AWS\/)[A-Za-z0-9_./#-]{1,255}$/, "a namespace of your own, such as phi3"),
  healthTimeoutSeconds: whole(30, 7200, "seconds"),
  drainSeconds: whole(0, 7200, "seconds"),
};

const vllm = z
  .strictObject({
    ...common,
    image,
    model: z.strictObject({
      name: text(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, "a repository of the Hugging Face hub, owner/name"),
      revision: text(/^[0-9a-f]{40}$/, "a commit of the repository, 40 hexadecimal digits; a branch can move"),
      weights: z
        .strictObject({
          bucket: bucketName,
          prefix: text(/^(?!-)[\w.-]+(?:\/[\w.-]+)*$/, "a key prefix without / at its ends, such as models/phi-3-mini"),
          manifestSha256: sha256,
        })
        .optional(),
      hubFallback: z.boolean("is missing; give true or false"),
    }),
    servedName: text(/^[A-Za-z0-9][\w.:/-]{0,127}$/, "a name of letters, digits and _ . : / -, such as phi-3-mini"),
    port,
    maxModelLen: whole(16, 10_000_000, "tokens"),
    gpuMemoryUtilization: z
      .number({ error: ({ input }) => `is ${input}; give a number above 0 and up to 1` })
      .refine((share) => share > 0 && share <= 1, {
        error: ({ input }) => `is ${input}; give a number above 0 and up to 1`,
      }),
    apiKeyParameter: parameterName.optional(),
    logGroups: z.strictObject({ engine: logGroup, system: logGroup }),
    swapGiB: whole(0, 64, "GiB").default(0),
  })
  .refine(({ model }) => model.weights !== undefined || model.hubFallback, {
    path: ["model", "weights"],
    error: "are missing, and hubFallback is off, so the instance would have no weights; upload them, or allow the hub",
  });

const ollama = z
  .strictObject({
    ...common,
    model: z.strictObject({
      name: text(/^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)*:[\w.-]+$/, "a model with its tag, such as phi3:mini"),
      digest: sha256,
    }),
    snapChannel: text(
      /^(?!-)[\w.-]+\/(?:stable|candidate|beta|edge)$/,
      "a snap channel as track/risk, such as latest/stable",
    ),
    archive: z
      .strictObject({ version: text(/^[0-9]+\.[0-9]+\.[0-9]+(?:-rc[0-9]+)?$/, "a release, such as 0.20.3"), sha256 })
      .optional(),
    webUiImage: image,
    webUiPort: port,
    ollamaPort: port,
    contextTokens: whole(512, 1_000_000, "tokens"),
    parallelRequests: whole(1, 64, "requests"),
    secretKeyParameter: parameterName,
    admin: z.strictObject({
      email: text(/^[^\s@]+@[^\s@]+$/, "an e-mail address, such as admin@localhost"),
      passwordParameter: parameterName,
    }),
    webUiUrl: text(/^https:\/\/[a-z0-9.-]+$/, "https:// and a host name").optional(),
    backup: z.strictObject({
      bucket: bucketName,
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
      table: text(/^(?!-)[A-Za-z0-9_.-]{3,255}$/, "the name of a DynamoDB table"),
    }),
    databaseUrlParameter: parameterName.optional(),
    logGroups: z.strictObject({ app: logGroup, service: logGroup }),
    swapGiB: whole(0, 64, "GiB").default(4),
  })
  .refine(({ webUiPort, ollamaPort }) => webUiPort !== ollamaPort, {
    path: ["webUiPort"],
    error: "is Ollama's port too; give each its own",
  });

export type CheckedVllmOptions = z.output<typeof vllm>;
export type CheckedOllamaOptions = z.output<typeof ollama>;

/** @throws InvalidOptionsError naming every wrong option */
export function checkVllmOptions(options: VllmOptions): CheckedVllmOptions {
  return check("options of the vLLM instances", vllm, options);
}

/** @throws InvalidOptionsError naming every wrong option */
export function checkOllamaOptions(options: OllamaOptions): CheckedOllamaOptions {
  return check("options of the Ollama instances", ollama, options);
}

/** The value as the schema gives it; every mistake at once, by property path. */
export function check<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidOptionsError(
    what,
    result.error.issues.map(({ path, message }) => `${path.join(".") || "value"}: ${message}`),
  );
}
