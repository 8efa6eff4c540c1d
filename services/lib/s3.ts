import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

/** A client of S3 or, where AWS_ENDPOINT_URL(_S3) is set, of another server, which has no host name for each bucket. */
export function createS3Client(
  config: S3ClientConfig = {},
  variables: Readonly<Record<string, string | undefined>> = process.env,
): S3Client {
  const endpoint = variables["AWS_ENDPOINT_URL_S3"] || variables["AWS_ENDPOINT_URL"];
  return new S3Client({ ...(endpoint ? { endpoint, forcePathStyle: true } : {}), ...config });
}
