import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** Reads a secret's text from Secrets Manager. Endpoint and credentials are found the way every AWS program finds them. */
export async function fetchSecret(id: string, region: string): Promise<string> {
  const client = new SecretsManagerClient({ region });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    if (SecretString === undefined) throw new Error("it is binary");
    return SecretString;
  } finally {
    client.destroy();
  }
}
