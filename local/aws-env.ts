import { devNull } from "node:os";

/** Region of local stacks whose configuration names none. */
export const localRegion = "us-east-1";

/** The account the emulator gives to the access key `test`. */
export const localAccountId = "000000000000";

/**
 * What the engine, the provider and every AWS SDK need in their environment to talk to the emulator and to nothing else:
 * its endpoint, made-up credentials, and no way to the user's profiles or to instance metadata.
 *
 * @param endpoint `Emulator.endpoint`
 * @param region default `us-east-1`
 */
export function awsEnv(endpoint: string, region: string = localRegion): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    // A user who has it on would be sent to AWS itself.
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_SESSION_TOKEN: "",
    AWS_PROFILE: "",
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    // The plugin that this project builds then looks ten times a second for what it waits for (toolchain/short-waits.ts).
    LLM_STACKS_SHORT_WAITS: "true",
  };
}

/** Stack configuration that the AWS provider needs against the emulator (string values, as `pulumi config set` takes them). */
export const providerConfig: Record<string, string> = {
  "aws:skipCredentialsValidation": "true",
  "aws:skipMetadataApiCheck": "true",
  // Buckets as <endpoint>/<bucket>: <bucket>.127.0.0.1 is no host name.
  "aws:s3UsePathStyle": "true",
  // With an account id the provider tags buckets through S3 Control, at <account id>.127.0.0.1, which is no host name either.
  "aws:skipRequestingAccountId": "true",
};
