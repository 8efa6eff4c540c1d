import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import { z } from "zod";
import type { Report, State } from "./assess";
import type { QuantityId } from "./quantities";
import { reportText } from "./text";

/** What someone was told of in a month: quantity and state. Each is told once a month. */
const toldSchema = z.object({ month: z.string(), told: z.array(z.string()) });
export type Told = z.output<typeof toldSchema>;

const worthTelling: readonly State[] = ["near", "rising", "over"];

/** What is new since the last telling of the same month. */
export function newsOf({ month, rows }: Report, before: Told | undefined): { news: QuantityId[]; after: Told } {
  const known = new Set(before?.month === month ? before.told : []);
  const fresh = rows.filter(({ id, state }) => worthTelling.includes(state) && !known.has(`${id} ${state}`));
  return {
    news: fresh.map(({ id }) => id),
    after: { month, told: [...known, ...fresh.map(({ id, state }) => `${id} ${state}`)] },
  };
}

/** Subject of a mail: SNS takes up to 100 characters without line breaks. */
export function subjectOf({ rows }: Report, news: readonly QuantityId[]): string {
  const named = rows.filter(({ id }) => news.includes(id)).map(({ what }) => what);
  return `Free tier: ${named.join("; ")}`.slice(0, 100);
}

export interface Place {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Sends the report to a topic if something in it has passed 80 %, will pass its limit or has passed it, and was not told yet this month.
 * @param place where it is kept what was told; undefined: everything is news
 * @returns what was told
 */
export async function tell(
  report: Report,
  topicArn: string,
  { sns, s3 }: { readonly sns: SNSClient; readonly s3: S3Client },
  place?: Place,
): Promise<QuantityId[]> {
  const before = place && (await readTold(s3, place));
  const { news, after } = newsOf(report, before);
  if (news.length === 0) return [];
  await sns.send(
    new PublishCommand({ TopicArn: topicArn, Subject: subjectOf(report, news), Message: reportText(report) }),
  );
  if (place) {
    await s3.send(
      new PutObjectCommand({
        Bucket: place.bucket,
        Key: place.key,
        Body: JSON.stringify(after),
        ContentType: "application/json",
      }),
    );
  }
  return news;
}

async function readTold(s3: S3Client, { bucket, key }: Place): Promise<Told | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return toldSchema.parse(JSON.parse((await Body?.transformToString()) ?? ""));
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}
