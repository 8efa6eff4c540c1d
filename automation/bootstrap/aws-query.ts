import { S3Client } from "@aws-sdk/client-s3";
import { SignatureV4 } from "@smithy/signature-v4";
import { UserError } from "../lib/user-error";

/** AWS's two services with the query protocol that are asked here without a client of their own. */
const services = {
  sts: { version: "2011-06-15", global: false },
  iam: { version: "2010-05-08", global: true },
} as const;

export interface QueryAnswer {
  readonly ok: boolean;
  readonly text: string;
}

/** One signed request, with this machine's credentials. @throws UserError when there are none, or AWS can't be reached */
export async function ask(
  service: keyof typeof services,
  region: string,
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<QueryAnswer> {
  const { version, global } = services[service];
  const signingRegion = global ? "us-east-1" : region;
  const url = new URL(
    process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ||
      process.env["AWS_ENDPOINT_URL"] ||
      (global ? `https://${service}.amazonaws.com` : `https://${service}.${region}.amazonaws.com`),
  );
  const client = new S3Client({ region: signingRegion });
  try {
    const { credentials, sha256 } = client.config;
    const signer = new SignatureV4({ service, region: signingRegion, credentials, sha256 });
    const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
    const { headers } = await signer.sign({
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      path: "/",
      headers: { host: url.host, "content-type": "application/x-www-form-urlencoded" },
      body,
    });
    const response = await fetch(url, { method: "POST", headers, body });
    return { ok: response.ok, text: await response.text() };
  } catch (cause) {
    throw new UserError(
      `AWS could not be asked who this is: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Log in first: aws sso login, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Without an account: --local",
      { cause },
    );
  } finally {
    client.destroy();
  }
}

/** The account whose credentials this machine has, as twelve digits. */
export async function accountId(region: string): Promise<string> {
  const { ok, text } = await ask("sts", region, "GetCallerIdentity");
  const account = /<Account>(\d{12})<\/Account>/.exec(text)?.[1];
  if (ok && account) return account;
  throw new UserError(
    `AWS does not take this machine's credentials: ${messageIn(text)}`,
    "Log in anew, then check with: aws sts get-caller-identity",
  );
}

/** Whether the account has an OpenID Connect provider. */
export async function hasOidcProvider(region: string, arn: string): Promise<boolean> {
  const { ok, text } = await ask("iam", region, "GetOpenIDConnectProvider", { OpenIDConnectProviderArn: arn });
  if (ok) return true;
  if (text.includes("NoSuchEntity")) return false;
  throw new UserError(
    `Whether the account trusts GitHub's tokens can't be read: ${messageIn(text)}`,
    "The first bootstrap of an account needs an administrator of it.",
  );
}

function messageIn(text: string): string {
  return /<Message>([^<]+)<\/Message>/.exec(text)?.[1] ?? text.slice(0, 200);
}
