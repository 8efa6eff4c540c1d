import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { partitionOf } from "../../components/lib/context";
import type { BackupPlace } from "./sets";

/** Days to keep what was deleted or replaced there: a backup that was removed by mistake comes back. */
const noncurrentDays = 30;

/** Makes the bucket of backups where it is not there: versioned, encrypted, TLS only, closed to the public. What is there is brought to that. */
export async function ensureBackupBucket(client: S3Client, project: string, place: BackupPlace): Promise<void> {
  const { bucket: Bucket, region, accountId } = place;
  const there = await client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: accountId })).then(
    () => true,
    (error: { $metadata?: { httpStatusCode?: number } }) => {
      if (error.$metadata?.httpStatusCode === 404) return false;
      throw error;
    },
  );
  if (!there) {
    await client.send(
      new CreateBucketCommand({
        Bucket,
        // us-east-1 is the one region that is not named.
        ...(region !== "us-east-1" && {
          CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
        }),
      }),
    );
  }
  const arn = `arn:${partitionOf(region)}:s3:::${Bucket}`;
  const steps = [
    new PutPublicAccessBlockCommand({
      Bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    }),
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
    }),
    new PutBucketPolicyCommand({
      Bucket,
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "DenyWithoutTls",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [arn, `${arn}/*`],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ],
      }),
    }),
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: [
          {
            ID: "tidy",
            Status: "Enabled",
            Filter: { Prefix: "" },
            NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays },
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
          },
        ],
      },
    }),
    new PutBucketTaggingCommand({
      Bucket,
      Tagging: {
        TagSet: [
          { Key: "Project", Value: project },
          { Key: "ManagedBy", Value: "llm" },
          { Key: "Service", Value: "backup" },
        ],
      },
    }),
  ] as const;
  for (const step of steps) await client.send(step as PutBucketTaggingCommand);
}
