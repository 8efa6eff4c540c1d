/**
 * Lambda authoriser of an HTTP API (payload 2.0, simple response): lets a request through that sends the API's key as `Authorization: Bearer <key>`.
 * API Gateway answers 401 itself where the header is missing, 403 where this says no, and 500 where this fails.
 *
 * Environment: API_KEY_PARAMETER, the name of the SSM SecureString with the key.
 */
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerResult } from "aws-lambda";
import { carriesKey, keepFor } from "./key-check";

const keptMilliseconds = 60_000;
const ssm = new SSMClient({});

/** @throws Error if the environment names no parameter, or the parameter can't be read or is empty */
async function readKey(): Promise<string> {
  const Name = process.env["API_KEY_PARAMETER"];
  if (!Name) throw new Error("API_KEY_PARAMETER is not set: it must name the SSM parameter with the API's key.");
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  if (!Parameter?.Value) throw new Error(`The SSM parameter ${Name} is empty: put the API's key into it.`);
  return Parameter.Value;
}

const currentKey = keepFor(keptMilliseconds, readKey);

export async function handler(
  event: Pick<APIGatewayRequestAuthorizerEventV2, "headers">,
): Promise<APIGatewaySimpleAuthorizerResult> {
  return { isAuthorized: carriesKey(event.headers?.["authorization"], await currentKey()) };
}
