import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { HeadBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { partitionOf } from "../../components/lib/context";
import { globalName, nameLimits } from "../../components/lib/names";
import { awsEnv, providerConfig } from "../../local/aws-env";
import { ensureEmulator } from "../../local/emulator";
import { ensureEngine } from "../../toolchain/engine";
import { localDir, repoRoot } from "../lib/paths";
import { UserError } from "../lib/user-error";
import { accountId, hasOidcProvider } from "./aws-query";
import type { Place } from "./permissions";
import { type BootstrapOptions, bootstrapProject, buildBootstrap, platform } from "./program";
import { githubIssuer } from "./trust";

const log = (line: string) => console.error(line);

export interface BootstrapRequest extends Omit<Place, "accountId"> {
  readonly repository: string;
  readonly local: boolean;
  readonly destroy: boolean;
}

/** Everything that a run of bootstrap needs, with the stack that it works on. */
export interface BootstrapSession {
  readonly options: BootstrapOptions;
  readonly bucket: string;
  /** The URL that `pulumi login` takes. */
  readonly backendUrl: string;
  /** Policy packs that judge it. */
  readonly policyPacks: string[];
  /** Where the state is now. */
  readonly stateIn: "file" | "bucket";
  readonly stack: Stack;
  /** The same stack with its state in the other place. */
  open(where: "file" | "bucket"): Promise<Stack>;
  /** Forget the state in the file. */
  forgetFile(): void;
}

/** The bucket's name, known before it is there: so every machine finds the state of what was made. */
export function bucketName({ accountId: account, region, environment }: Place): string {
  return globalName(platform, "pulumi-state", environment, { accountId: account, region }, nameLimits.bucket);
}

/** The URL of a state bucket for `pulumi login`. On this machine with what reaches the emulator. */
export function backendUrlOf(bucket: string, region: string, endpoint?: string): string {
  const local = endpoint ? `&endpoint=${new URL(endpoint).host}&disableSSL=true&s3ForcePathStyle=true` : "";
  return `s3://${bucket}?region=${region}${local}`;
}

/**
 * Find out where the state of an environment's bootstrap is, and open its stack there. The bucket that will hold it is one of the
 * things it describes: so the first run keeps it in a file below `.local/`, and moves it into the bucket once that is there.
 */
export async function openBootstrap(request: BootstrapRequest): Promise<BootstrapSession> {
  const engine = await ensureEngine(log);
  const emulator = request.local ? await ensureEmulator(log) : undefined;
  const env = { ...engine.env, ...(emulator && awsEnv(emulator.endpoint, request.region)) };
  // The requests of this process go where the engine's go.
  Object.assign(process.env, env);
  const account = await accountId(request.region);
  const place = { ...request, accountId: account };
  const bucket = bucketName(place);
  const provider = `arn:${partitionOf(request.region)}:iam::${account}:oidc-provider/${githubIssuer}`;
  // The name of the emulator's run keeps the state of one that is gone from being taken for this one's.
  const folder = join(localDir, "bootstrap", emulator ? `${bucket}-${emulator.runId}` : bucket);
  const backendUrl = backendUrlOf(bucket, request.region, emulator?.endpoint);
  const inFile = existsSync(join(folder, "state"));
  const exists = await bucketExists(bucket, request.region, Boolean(emulator));
  const stateIn = exists && !inFile ? "bucket" : "file";

  let options: BootstrapOptions = {
    ...place,
    makeProvider: false,
    disposable: request.destroy,
    keepProvider: !request.local,
  };
  const open = async (where: "file" | "bucket"): Promise<Stack> => {
    if (where === "file") mkdirSync(join(folder, "state"), { recursive: true });
    const workDir = join(folder, "work");
    mkdirSync(workDir, { recursive: true });
    const url = where === "file" ? `file://${join(folder, "state")}` : backendUrl;
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: request.environment, projectName: bootstrapProject, program: async () => buildBootstrap(options) },
      {
        workDir,
        // Found on PATH, where the engine's folder stands first.
        pulumiCommand: await PulumiCommand.get({ skipVersionCheck: true }),
        projectSettings: { name: bootstrapProject, runtime: "nodejs", backend: { url } },
        envVars: {
          ...env,
          PULUMI_BACKEND_URL: url,
          // Guards nothing: there is no secret in this state.
          PULUMI_CONFIG_PASSPHRASE: "bootstrap",
        },
      },
    );
    const config = {
      "aws:region": request.region,
      "policy:profile": "prod",
      "policy:exemptions": join(__dirname, "policy-exemptions.yaml"),
      ...(emulator && providerConfig),
    };
    await stack.setAllConfig(Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value }])));
    return stack;
  };

  const stack = await open(stateIn);
  const types = await registeredTypes(stack);
  if (stateIn === "bucket" && types.size === 0) {
    throw new UserError(
      `The bucket ${bucket} is there, but holds no state of bootstrap.`,
      `A run on another machine may have stopped half way: run it there again. Or delete the bucket if nothing is in it.`,
    );
  }
  // There is one such provider in an account. The environment that made it keeps it.
  const own = types.has("aws:iam/openIdConnectProvider:OpenIdConnectProvider");
  options = { ...options, makeProvider: own || !(await hasOidcProvider(request.region, provider)) };
  return {
    options,
    bucket,
    backendUrl,
    policyPacks: [join(repoRoot, "policy-pack")],
    stateIn,
    stack,
    open,
    forgetFile: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Move the state into the other place; it is in the first until it can be read in the second. */
export async function moveState(from: Stack, to: Stack): Promise<void> {
  const deployment = await from.exportStack();
  await to.importStack(deployment);
  const [before, after] = await Promise.all([from.exportStack(), to.exportStack()]);
  const urns = (each: typeof before) =>
    JSON.stringify((each.deployment?.resources ?? []).map(({ urn }: { urn: string }) => urn));
  if (urns(before) !== urns(after))
    throw new UserError("The moved state is not the one it was.", "Run the same command again.");
}

/** Paths of states of other projects in the bucket, which destroying it would lose. */
export async function foreignStates(bucket: string, region: string, local: boolean): Promise<string[]> {
  const s3 = new S3Client({ region, forcePathStyle: local });
  try {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: ".pulumi/stacks/" }));
    return Contents.map(({ Key = "" }) => Key).filter(
      (key) => /\.json(\.gz)?$/.test(key) && !key.startsWith(`.pulumi/stacks/${bootstrapProject}/`),
    );
  } finally {
    s3.destroy();
  }
}

async function registeredTypes(stack: Stack): Promise<Set<string>> {
  const { deployment } = await stack.exportStack();
  return new Set((deployment?.resources ?? []).map(({ type }: { type: string }) => type));
}

async function bucketExists(bucket: string, region: string, local: boolean): Promise<boolean> {
  const s3 = new S3Client({ region, forcePathStyle: local });
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404) return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `The bucket ${bucket} can't be looked at: ${why} (status ${status ?? "none"}).`,
      status === 403
        ? "It is another account's, or these credentials may not see it."
        : "Check the network and the credentials.",
      { cause: error },
    );
  } finally {
    s3.destroy();
  }
}
