import type { APIGatewayProxyEvent, S3Event, S3EventRecord } from "aws-lambda";

export const invocation = { awsRequestId: "req-1", getRemainingTimeInMillis: () => 60_000 };

export function apiEvent(body: string | null | object, isBase64Encoded = false): APIGatewayProxyEvent {
  const text = body === null || typeof body === "string" ? body : JSON.stringify(body);
  return {
    httpMethod: "POST",
    path: "/",
    requestContext: {},
    headers: {},
    body: text,
    isBase64Encoded,
  } as unknown as APIGatewayProxyEvent;
}

export function s3Event(...keys: string[]): S3Event {
  const record = (key: string): S3EventRecord =>
    ({
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      s3: { bucket: { name: "bucket" }, object: { key, size: 1, eTag: "", versionId: "v1", sequencer: "00" } },
    }) as unknown as S3EventRecord;
  return { Records: keys.map(record) };
}

export interface Answer {
  readonly status: number;
  // A parsed answer: each test names the properties it expects.
  // biome-ignore lint/suspicious/noExplicitAny: it is JSON
  readonly body: any;
  readonly headers: Record<string, unknown>;
}
