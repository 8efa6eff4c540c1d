import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";

/** An object as it is now, or was at a time. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  readonly etag: string;
}

interface ListedVersion extends ObjectVersion {
  readonly modified: number;
  readonly deleted: boolean;
}

/**
 * The objects that a bucket showed at a time, from all its versions and delete markers.
 * @param time default now
 */
export function visibleAt(
  versions: readonly ListedVersion[],
  time: number = Number.POSITIVE_INFINITY,
): ObjectVersion[] {
  const newest = new Map<string, ListedVersion>();
  for (const version of versions) {
    const before = newest.get(version.key);
    // S3 lists the newest first, so of two in the same second the first counts.
    if (version.modified <= time && (!before || version.modified > before.modified)) newest.set(version.key, version);
  }
  return [...newest.values()]
    .filter(({ deleted }) => !deleted)
    .map(({ key, versionId, size, etag }) => ({ key, versionId, size, etag }))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** The objects of a bucket, now or at a time within the days that it keeps replaced versions. */
export async function listObjects(client: S3Client, Bucket: string, time?: Date): Promise<ObjectVersion[]> {
  const versions: ListedVersion[] = [];
  for (let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}; markers; ) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket, ...markers }),
    );
    markers = page.IsTruncated
      ? {
          ...(page.NextKeyMarker && { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker && { VersionIdMarker: page.NextVersionIdMarker }),
        }
      : undefined;
    for (const { Key = "", VersionId = "null", Size = 0, ETag = "", LastModified } of page.Versions ?? []) {
      const modified = LastModified?.getTime() ?? 0;
      versions.push({ key: Key, versionId: VersionId, size: Size, etag: ETag, modified, deleted: false });
    }
    for (const { Key = "", VersionId = "null", LastModified } of page.DeleteMarkers ?? []) {
      const modified = LastModified?.getTime() ?? 0;
      versions.push({ key: Key, versionId: VersionId, size: 0, etag: "", modified, deleted: true });
    }
  }
  return visibleAt(versions, time?.getTime());
}

/** A copy in one piece has the one, reading and copies in parts the other. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const archivedErrors = new Set(["ObjectNotInActiveTierError", "InvalidObjectState"]);

/** Whether S3 refused a copy because the object is in an archive: Glacier Flexible Retrieval, Deep Archive, or an archive tier of Intelligent-Tiering. */
export function isArchived(error: unknown): boolean {
  return archivedErrors.has(String((error as { name?: unknown } | undefined)?.name));
}

const named = 3;

/** What is said of archived objects of a bucket, with what brings them back. */
export function archivedText(bucket: string, archived: readonly Pick<ObjectVersion, "key" | "versionId">[]): string {
  const commands = archived.slice(0, named).map(({ key, versionId }) => {
    const version = versionId === "null" ? "" : ` --version-id '${versionId}'`;
    return `  aws s3api restore-object --bucket ${bucket} --key '${key.replaceAll("'", "'\\''")}'${version} --restore-request Days=7`;
  });
  const others = archived.length - commands.length;
  return [
    `${archived.length} objects of bucket ${bucket} are in an archive of S3, which gives them out hours after it is asked to. Ask, and run this again when they are there:`,
    ...commands,
    ...(others > 0 ? [`  and ${others} more, which the manifest names (./llm backups --json)`] : []),
  ].join("\n");
}

/** What one copy may hold; more goes in parts. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const largestCopy = 5 * 2 ** 30;
const partSize = 2 ** 30;

/** A client for copies into a region, from any. */
export function copyClient(region: string): S3Client {
  // S3 answers what is asked of another region's bucket with that region's name.
  return new S3Client({ region, followRegionRedirects: true });
}

/** Copies within AWS, without a byte coming through here; the client is one of `copyClient`. Returns the copy's version. */
export async function copyObject(
  client: S3Client,
  from: { readonly bucket: string; readonly key: string; readonly versionId?: string; readonly size: number },
  to: { readonly Bucket: string; readonly Key: string },
): Promise<string> {
  const version = from.versionId && from.versionId !== "null" ? `?versionId=${encodeURIComponent(from.versionId)}` : "";
  const CopySource = `${from.bucket}/${from.key.split("/").map(encodeURIComponent).join("/")}${version}`;
  if (from.size <= largestCopy) {
    return (await client.send(new CopyObjectCommand({ ...to, CopySource }))).VersionId ?? "null";
  }
  // What a copy in one piece takes over by itself, one in parts has to be told.
  const head = await client.send(
    new HeadObjectCommand({ Bucket: from.bucket, Key: from.key, ...(version && { VersionId: from.versionId }) }),
  );
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...to, ContentType: head.ContentType, Metadata: head.Metadata }),
  );
  try {
    const Parts = [];
    for (let start = 0, PartNumber = 1; start < from.size; start += partSize, PartNumber += 1) {
      const end = Math.min(start + partSize, from.size) - 1;
      const part = { ...to, UploadId, PartNumber, CopySource, CopySourceRange: `bytes=${start}-${end}` };
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand(part));
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    const done = await client.send(new CompleteMultipartUploadCommand({ ...to, UploadId, MultipartUpload: { Parts } }));
    return done.VersionId ?? "null";
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ ...to, UploadId }));
    throw error;
  }
}
