import { writeFileSync } from "node:fs";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

// Stands for the one command of the AWS CLI that download-models uses: aws s3api get-object --bucket B --key K FILE. Machines of developers need no AWS CLI.

async function main([service, command, ...rest]: readonly string[]): Promise<void> {
  const [bucketFlag, bucket, keyFlag, key, file] = rest;
  if (service !== "s3api" || command !== "get-object" || bucketFlag !== "--bucket" || keyFlag !== "--key" || !file) {
    throw new Error("only `s3api get-object --bucket B --key K FILE` is known here");
  }
  const s3 = new S3Client({ forcePathStyle: true });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  writeFileSync(file, (await Body?.transformToByteArray()) ?? "");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
