import { APIGatewayClient, GetApiKeyCommand } from "@aws-sdk/client-api-gateway";
import { SignatureV4 } from "@smithy/signature-v4";
import { UserError } from "../lib/user-error";
import type { Authorize } from "./api-client";

/**
 * Lets requests in whatever the API asks for: signs each with this machine's AWS credentials, which an API without IAM authorization
 * ignores, and adds the key if the API has one.
 */
export async function authorizeAs(region: string, apiKeyId: string | undefined): Promise<Authorize> {
  const client = new APIGatewayClient({ region });
  const { credentials, sha256 } = client.config;
  const signer = new SignatureV4({ service: "execute-api", region, credentials, sha256 });
  const key: Record<string, string> = apiKeyId === undefined ? {} : { "x-api-key": await keyValue(client, apiKeyId) };
  return async ({ method, url, body }) => {
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, "content-type": "application/json" },
      body,
    });
    const { host: _, ...own } = headers;
    return { ...own, ...key };
  };
}

async function keyValue(client: APIGatewayClient, apiKey: string): Promise<string> {
  const { value } = await client.send(new GetApiKeyCommand({ apiKey, includeValue: true }));
  if (value) return value;
  throw new UserError(`The API key ${apiKey} has no value.`, "Deploy the stack again: ./llm up <stack>");
}
