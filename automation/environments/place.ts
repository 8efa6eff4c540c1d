import type { StackSettings } from "../lib/project";
import type { Prerequisite } from "./prerequisites";

/** Key of the account that a stack may be in. */
export const ACCOUNT_KEY = "llm-stacks:accountId";
const REGION_KEY = "aws:region";

/** Who AWS says that we are. */
export interface Caller {
  readonly accountId: string;
  readonly arn: string;
}

/** @throws what STS answers when there are no credentials, or expired ones */
export async function askCaller(region: string): Promise<Caller> {
  // On this machine nobody is asked.
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const client = new STSClient({ region, maxAttempts: 2 });
  try {
    const { Account = "", Arn = "" } = await client.send(new GetCallerIdentityCommand({}));
    return { accountId: Account, arn: Arn };
  } finally {
    client.destroy();
  }
}

/**
 * What must hold before a stack on AWS is touched: credentials, of the stack's account, for its region.
 *
 * @param environment where AWS's tools look for a region
 */
export function placeOf(
  stackName: string,
  settings: StackSettings,
  ask: (region: string) => Promise<Caller> = askCaller,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Prerequisite[] {
  const region = settings.config?.[REGION_KEY];
  const account = settings.config?.[ACCOUNT_KEY];
  let caller: Caller | undefined;
  return [
    {
      what: REGION_KEY,
      check: () => (typeof region === "string" && region !== "" ? undefined : "is not set."),
      remedy: `Set it: pulumi config set aws:region us-east-1 --stack ${stackName}`,
    },
    {
      what: "AWS credentials",
      check: async () => {
        caller = await ask(typeof region === "string" && region !== "" ? region : "us-east-1");
        return undefined;
      },
      remedy: "Sign in (aws sso login, or AWS_PROFILE=<profile>); aws sts get-caller-identity must answer.",
    },
    {
      what: "AWS account",
      check: () => {
        if (account === undefined || caller === undefined || String(account) === caller.accountId) return undefined;
        return `stack ${stackName} belongs in account ${String(account)}, and the credentials are of ${caller.accountId} (${caller.arn}).`;
      },
      remedy: `Take the credentials of account ${String(account)}; if it moved, pulumi config set ${ACCOUNT_KEY} <account> --stack ${stackName}`,
    },
    {
      what: "AWS region",
      check: () => {
        const other = ["AWS_REGION", "AWS_DEFAULT_REGION"].find(
          (key) => environment[key] && environment[key] !== region,
        );
        return other && `stack ${stackName} is in ${String(region)}, and ${other} is ${environment[other]}.`;
      },
      remedy: `Unset it, or: export AWS_REGION=${String(region)} AWS_DEFAULT_REGION=${String(region)}`,
    },
  ];
}

/** The part of a Pulumi state that tells where a stack is. */
export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly protect?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What must hold for a stack that is deployed: it is where its configuration and the credentials say. */
export function recordedPlace(
  stackName: string,
  settings: StackSettings,
  resources: readonly RecordedResource[],
  accountId?: string,
): Prerequisite[] {
  const region = settings.config?.[REGION_KEY];
  // The default provider's region is the stack's; single resources, such as CloudFront's, are in us-east-1 wherever the stack is.
  const regions = resources
    .filter(({ type, urn }) => type === "pulumi:providers:aws" && /::default(_[\d_]+)?$/.test(urn))
    .map(({ inputs }) => inputs?.["region"])
    .filter((one): one is string => typeof one === "string");
  const accounts = resources
    .map(({ outputs }) => /^arn:[^:]+:[^:]+:[^:]*:(\d{12}):/.exec(String(outputs?.["arn"] ?? ""))?.[1])
    .filter((one): one is string => one !== undefined);
  return [
    {
      what: "region of what is deployed",
      check: () => {
        const other = regions.find((one) => one !== region);
        return other && `stack ${stackName} stands in ${other}, and aws:region is ${String(region)}.`;
      },
      remedy: `Set it back, or give the other region a stack of its own: ./llm up ${stackName} --region ${String(region)}`,
    },
    {
      what: "account of what is deployed",
      check: () => {
        const other = accountId && accounts.find((one) => one !== accountId);
        return other ? `stack ${stackName} stands in ${other}, and the credentials are of ${accountId}.` : undefined;
      },
      remedy: "Take the credentials of that account, or another stack (./llm new).",
    },
  ];
}
