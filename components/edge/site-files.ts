import { readdirSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { slug } from "../lib/names";

/** A file of a site as S3 and CloudFront serve it. */
export interface SiteFile {
  /** Path in the bucket, with forward slashes: `assets/app.js`. */
  readonly key: string;
  /** Absolute path on this machine. */
  readonly path: string;
  /** Unique name for logical names: `assets-app-js`. */
  readonly name: string;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** Types that pages are made of. Source: https://www.iana.org/assignments/media-types/media-types.xhtml */
const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** Pages are asked for anew each time, so that a new release is seen at once; what they load may be five minutes old. */
const cacheControls = { page: "no-cache", other: "public, max-age=300, must-revalidate" } as const;

/**
 * The same for browsers, with a time for which CloudFront answers them without asking the bucket: for buckets whose requests are counted. A release is then seen at once after an
 * invalidation of the distribution, else after that time.
 */
function keptAtEdge(seconds: number): Record<keyof typeof cacheControls, string> {
  return {
    page: `public, max-age=0, s-maxage=${seconds}, must-revalidate`,
    other: `public, max-age=300, s-maxage=${seconds}, must-revalidate`,
  };
}

/**
 * The files below a folder, in order of their keys. Hidden files are left out.
 * @param edgeSeconds time for which CloudFront keeps them; undefined: as browsers do
 * @throws RangeError naming each file of a type that is not known, and each two whose names differ in punctuation or case only
 * @throws Error of Node if the folder can't be read
 */
export function siteFiles(folder: string, edgeSeconds?: number): SiteFile[] {
  const kept = edgeSeconds === undefined ? cacheControls : keptAtEdge(edgeSeconds);
  const keys = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((key) => !key.split("/").some((part) => part.startsWith(".")))
    .sort();
  const mistakes: string[] = [];
  const names = new Map<string, string>();
  const files = keys.map((key): SiteFile => {
    const extension = extname(key).toLowerCase();
    const contentType = contentTypes[extension];
    if (contentType === undefined) {
      mistakes.push(`${key} has an unknown type; known are ${Object.keys(contentTypes).join(" ")}.`);
    }
    const name = slug(key);
    const other = names.get(name);
    if (other !== undefined) mistakes.push(`${other} and ${key} differ in punctuation or case only; rename one.`);
    names.set(name, key);
    return {
      key,
      path: join(folder, key),
      name,
      contentType: contentType ?? "",
      cacheControl: extension === ".html" ? kept.page : kept.other,
    };
  });
  if (mistakes.length > 0) throw new RangeError(mistakes.join("\n"));
  return files;
}
