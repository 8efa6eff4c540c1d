import { z } from "zod";
import { hardware, instanceTypes } from "../components/inference/hardware";
import { checkOrigin, databaseOrigin } from "./database-settings";
import { environmentDefaults } from "./environments";
import { isSmallBlock, pageDomain } from "./inference-settings";
import { cidrBlock, flag, needs, oneOf, retention, setting, text, whole, zones } from "./setting";
import type { Place } from "./system";

/** The free type of each plan. Source: policy-pack/lib/free-tier/limits.ts */
const freeTypes = { credits: "t3.micro", legacy12: "t2.micro" } as const;
/** Machines without GPUs that Ubuntu's x86 image starts on. */
const machineTypes = instanceTypes.filter((name) => hardware[name].gpus === 0 && hardware[name].arch === "x86_64");
/** With one model server the smallest that the application was made for. Further ones are the next tiers'. */
export const databaseTypes = ["db.t3.micro", "db.t4g.micro", "db.t3.small", "db.t3.medium"] as const;
/** Slots of the network's tiers: public subnets from 10.0.1.0/24, private ones from 10.0.11.0/24. */
export const zoneSlots = 10;

/** Settings of the system afirgen, under `llm-stacks:afirgen`. Everything has a default. */
export function afirgenSchema(place: Place) {
  const { disposableData } = environmentDefaults[place.environment];
  return z
    .strictObject({
      cidr: cidrBlock(place, "10.0.0.0/16", 2, zoneSlots),
      /** The first has the public subnet with the machine; RDS asks for private subnets in two. */
      availabilityZones: zones(place, 2, 2),
      flowLogs: flag(false),
      /** How the account gets things free; decides which instance type is. */
      freeTier: z.strictObject({ plan: oneOf(["credits", "legacy12"], "credits") }).prefault({}),
      /** Default: the free type of the plan. */
      instanceType: setting(z.enum(machineTypes).optional(), `one of ${machineTypes.join(", ")}`, "t3.micro"),
      rootVolumeGiB: whole(16, 16_384, 30, "GiB"),
      swapGiB: whole(0, 16, 4, "GiB"),
      /** Default: with a domain anyone, as its certificate is renewed over port 80; without one CloudFront alone, as the machine then serves plain HTTP. */
      openTo: setting(z.enum(["anyone", "cloudfront"]).optional(), "anyone or cloudfront", "cloudfront"),
      admin: z
        .strictObject({
          cidr: setting(
            z.string().refine(isSmallBlock),
            "the block of addresses that administrators come from, from its first, /16 or smaller",
            "198.51.100.7/32",
          ),
          keyName: text(/^[\x21-\x7e]{1,255}$/, "the name of a key pair of EC2, without spaces", "ops"),
        })
        .optional(),
      amiId: text(/^ami-[0-9a-f]{8,17}$/, "the id of an image", "ami-0123456789abcdef0").optional(),
      /** Name of the machine, whose DNS record leads to its address. It then serves HTTPS, to CloudFront too. */
      domainName: text(
        /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/,
        "a host name whose DNS record you point at the machine's address",
        "fir-origin.example.com",
      ).optional(),
      pageDomain: pageDomain(),
      database: z
        .strictObject({
          instanceClass: oneOf(databaseTypes, "db.t3.micro"),
          storageGiB: whole(20, 65_536, 20, "GiB"),
          storageType: oneOf(["gp2", "gp3"], "gp2"),
          backupDays: whole(1, 35, 7, "days"),
          ...databaseOrigin(),
          maxConnections: whole(10, 1000, 50, "connections"),
          bufferPoolMiB: setting(
            z.int().min(128).max(65_536).multipleOf(128).default(512),
            "a multiple of 128, in MiB",
            512,
          ),
        })
        .prefault({}),
      backups: z
        .strictObject({
          glacierAfterDays: whole(1, 3650, 30, "days"),
          expireAfterDays: whole(2, 3650, 180, "days"),
        })
        .prefault({}),
      /** Seconds for which CloudFront answers with a file of the page without asking the bucket. */
      pageCacheSeconds: whole(0, 31_536_000, 86_400, "seconds"),
      logRetentionDays: retention(7),
      logLevel: oneOf(["info", "warn", "error"], "info"),
      usageReport: z
        .strictObject({
          hourUtc: whole(0, 23, 6, "o'clock UTC"),
          /** $0.01 for each call of Cost Explorer, two a day. */
          costExplorer: flag(false),
        })
        .prefault({}),
      budgetUsdPerMonth: whole(1, 1_000_000, 1, "US dollars a month"),
      /** Buckets with objects can't be destroyed, and the database leaves a last snapshot. */
      keepData: flag(!disposableData && place.environment !== "free"),
    })
    .superRefine(
      ({ openTo, domainName }, issues) => {
        if (domainName === undefined || openTo !== "cloudfront") return;
        const message =
          "is cloudfront, but the certificate of domainName is renewed over port 80, from addresses that nobody knows; leave openTo out, or domainName.";
        issues.addIssue({ code: "custom", path: ["openTo"], message });
      },
      needs("openTo", "domainName"),
    )
    .superRefine(({ database }, issues) => checkOrigin(database, issues), needs("database"))
    .superRefine(({ backups: { glacierAfterDays, expireAfterDays } }, issues) => {
      if (glacierAfterDays < expireAfterDays) return;
      const message = `is ${expireAfterDays}, and objects move to Glacier after ${glacierAfterDays} days; S3 takes only a later end.`;
      issues.addIssue({ code: "custom", path: ["backups", "expireAfterDays"], message });
    }, needs("backups"));
}

export type AfirgenSettings = z.output<ReturnType<typeof afirgenSchema>>;

/** The machine's type: the one that is set, or the free one of the plan. */
export function machineType({ instanceType, freeTier }: Pick<AfirgenSettings, "instanceType" | "freeTier">): string {
  return instanceType ?? freeTypes[freeTier.plan];
}

/** From whom the machine takes requests. */
export function openTo(settings: Pick<AfirgenSettings, "openTo" | "domainName">): "anyone" | "cloudfront" {
  return settings.openTo ?? (settings.domainName === undefined ? "cloudfront" : "anyone");
}
