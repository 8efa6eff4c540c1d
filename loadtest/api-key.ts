import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { UserError } from "../automation/lib/user-error";

/**
 * The headers that let requests in, with the key that the parameter holds; none where the system asks for none. Endpoint and credentials
 * come from the environment.
 *
 * @param edgeApi `rest` for an API that asks for `X-Api-Key`; the engine's own `Authorization` is given in any case. Default: one that does not
 * @throws UserError when the parameter can't be read
 */
export async function apiKeyHeaders(
  parameterName: string | undefined,
  region: string,
  edgeApi?: "rest",
): Promise<Readonly<Record<string, string>>> {
  if (parameterName === undefined) return {};
  const client = new SSMClient({ region });
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: parameterName, WithDecryption: true }));
    const key = Parameter?.Value;
    if (key) return { Authorization: `Bearer ${key}`, ...(edgeApi === "rest" && { "X-Api-Key": key }) };
    throw new Error("it has no value");
  } catch (cause) {
    throw new UserError(
      `The key in the SSM parameter ${parameterName} can't be read: ${(cause as Error).message}.`,
      "Check that these credentials may use ssm:GetParameter on it, and kms:Decrypt on its key.",
      { cause },
    );
  } finally {
    client.destroy();
  }
}
