import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { UserError } from "../automation/lib/user-error";

/**
 * The header that lets requests in, with the key that the parameter holds; none where the system asks for none. Endpoint and credentials
 * come from the environment.
 *
 * @throws UserError when the parameter can't be read
 */
export async function apiKeyHeaders(
  parameterName: string | undefined,
  region: string,
): Promise<Readonly<Record<string, string>>> {
  if (parameterName === undefined) return {};
  const client = new SSMClient({ region });
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: parameterName, WithDecryption: true }));
    if (Parameter?.Value) return { Authorization: `Bearer ${Parameter.Value}` };
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
