import { z } from "zod";
import { fits } from "../components/inference/capacity";
import { hardware, isInstanceType } from "../components/inference/hardware";
import { type ModelName, models } from "../components/inference/models";
import { pinnedImage } from "../userdata/options";
import { environmentDefaults } from "./environments";
import {
  checkFit,
  domain,
  fleet,
  isSmallBlock,
  network,
  pageDomain,
  withFleetChecks,
  workingHours,
} from "./inference-settings";
import { flag, needs, setting, text, whole } from "./setting";
import type { Place } from "./system";

/**
 * Open WebUI 0.11.3. The digest of the tag's index stands in several public repositories (read 2026-11-21);
 * `docker buildx imagetools inspect ghcr.io/open-webui/open-webui:v0.11.3` shows it.
 */
const webUiImage =
  "ghcr.io/open-webui/open-webui:v0.11.3@sha256:9cd136effce6bb12a6a1988a35ab3b82cb40c48a6768fceeb17c83baf7cfac9c";

/** What Ollama shows as a model's digest in /api/tags. Source: https://ollama.com/library/llama3.2/tags, by public copies (read 2026-11-21) */
const digests: Readonly<Record<string, string>> = {
  "llama3.2:1b": "baf6a787fdffd633537aa2eb51cfd54cb93ff08e28040095462bb63daf552878",
  "llama3.2:3b": "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
};
const defaultModel = "llama3.2:1b";

/** Configuration secret with the PostgreSQL database that several instances of Open WebUI share. */
export const databaseSecret = "ollamaDatabaseUrl";

/** Settings of the system ollama, under `llm-stacks:ollama`. Everything has a default, but for the domain outside dev. */
export function ollamaSchema(place: Place) {
  const { spareInstances, offAtNight, encryptAlarms } = environmentDefaults[place.environment];
  const shared = place.secrets.has(databaseSecret);
  const size = shared ? { min: 1 + spareInstances, max: 2 + 2 * spareInstances } : { min: 1, max: 1 };
  const schema = z
    .strictObject({
      ...network(place, "10.2.0.0/16"),
      ...fleet({
        // docs/systems/ollama.md has the sum: below two thirds of its CPU, the burstable type is the cheaper one.
        instanceType: place.environment === "prod" ? "c5.large" : "t3.medium",
        gpu: false,
        ...size,
        upAbove: 40,
        downBelow: 20,
        // At night what Open WebUI holds is in the bucket.
        schedules: offAtNight ? workingHours : [],
      }),
      encryptAlarms: flag(encryptAlarms),
      /** Open WebUI's page alone takes a hundred requests at the first visit. */
      requestsPerMinutePerIp: whole(10, 1_000_000, 1000, "requests a minute"),
      model: z
        .strictObject({
          name: text(
            /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*:[\w.-]+$/,
            "a model of Ollama's library with its tag",
            defaultModel,
          ).default(defaultModel),
          /** Default: known for some models. */
          digest: text(
            /^[0-9a-f]{64}$/,
            "the digest that Ollama shows for the model in /api/tags, 64 hexadecimal digits",
            digests[defaultModel] ?? "",
          ).optional(),
          /** Tokens of prompt and answer together. */
          contextTokens: whole(512, 1_000_000, 4096, "tokens"),
          /** Requests that the model works on at once, each with a context of its own. */
          parallelRequests: whole(1, 64, 2, "requests"),
        })
        .prefault({}),
      snapChannel: text(
        /^[A-Za-z0-9][\w.-]*\/(stable|candidate|beta|edge)$/,
        "a snap channel as track/risk",
        "latest/stable",
      ).default("latest/stable"),
      /** Release of Ollama for images without snapd. */
      archive: z
        .strictObject({
          version: text(/^\d+\.\d+\.\d+(-rc\d+)?$/, "a release of Ollama", "0.20.3"),
          sha256: text(/^[0-9a-f]{64}$/, "the sha256 of the release's archive", "0".repeat(64)),
        })
        .optional(),
      webUiImage: text(pinnedImage, "an image pinned by its digest, repository@sha256:…", webUiImage).default(
        webUiImage,
      ),
      /** Logs in to Open WebUI as its administrator. */
      adminEmail: setting(
        z.union([z.email(), z.literal("admin@localhost")]).default("admin@localhost"),
        "an e-mail address",
        "ops@example.com",
      ),
      /** Addresses of the PostgreSQL database, which instances then reach on TCP 5432. Needed with the secret of its URL. */
      databaseCidr: setting(
        z.string().refine(isSmallBlock).optional(),
        "the block of addresses of the database, from its first, /16 or smaller",
        "10.20.0.0/24",
      ),
      domain: domain(place, "ollama-origin.example.com"),
      pageDomain: pageDomain(),
    })
    .superRefine(
      ({ instanceTypes, model }, issues) => {
        const { name, contextTokens, parallelRequests } = model;
        checkFit(instanceTypes, name, contextTokens, {}, issues);
        checkParallel(instanceTypes, name, contextTokens, parallelRequests, issues);
      },
      needs("instanceTypes", "model"),
    )
    .superRefine(({ model }, issues) => {
      if (model.digest !== undefined || model.name in digests) return;
      const message = `is not set, and the digest of ${model.name} is not known here; ask an Ollama that has it: curl localhost:11434/api/tags`;
      issues.addIssue({ code: "custom", path: ["model", "digest"], message });
    }, needs("model"))
    .superRefine(({ databaseCidr }, issues) => {
      if ((databaseCidr !== undefined) === shared) return;
      const message = shared
        ? `is not set, but llm-stacks:${databaseSecret} is: instances could not reach the database; give the block of its addresses.`
        : `is set, but there is no database; set its URL: pulumi config set --secret llm-stacks:${databaseSecret} postgresql://…`;
      issues.addIssue({ code: "custom", path: ["databaseCidr"], message });
    }, needs("databaseCidr"));
  return withFleetChecks(schema, place).superRefine(
    ({ size: { max } }, issues) => {
      if (max === 1 || shared) return;
      const message =
        `is ${max}, but Open WebUI keeps accounts and chats on its instance: two would each have their own. ` +
        `Set it to 1, or give them a PostgreSQL database: pulumi config set --secret llm-stacks:${databaseSecret} postgresql://…`;
      issues.addIssue({ code: "custom", path: ["size", "max"], message });
    },
    // Also where something else is wrong with the size.
    { when: ({ value }) => Number.isInteger((value as { size?: { max?: unknown } } | undefined)?.size?.max) },
  );
}

export type OllamaSettings = z.output<ReturnType<typeof ollamaSchema>>;

/** The digest of the model that the settings name. */
export function digestOf({ name, digest }: OllamaSettings["model"]): string {
  return digest ?? digests[name] ?? "";
}

function checkParallel(
  types: readonly string[],
  name: string,
  contextTokens: number,
  parallelRequests: number,
  issues: z.core.$RefinementCtx,
): void {
  if (!(name in models)) return;
  types.filter(isInstanceType).forEach((type, index) => {
    const { concurrentRequests, why } = fits(models[name as ModelName], hardware[type], contextTokens);
    if (concurrentRequests === 0 || concurrentRequests >= parallelRequests) return;
    const message = `${type} can't hold ${parallelRequests} contexts of ${contextTokens} tokens: ${why}`;
    issues.addIssue({ code: "custom", path: ["instanceTypes", index], message });
  });
}
