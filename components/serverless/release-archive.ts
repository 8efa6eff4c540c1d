import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { create } from "tar";
import type { BundleFile } from "./bundle";

const repoRoot = resolve(__dirname, "../..");
/** Ignored by git. */
const archiveFolder = join(repoRoot, ".local", "bundles");
/** What tools leave beside sources. */
const leftOut = new Set(["__pycache__", ".venv", ".pytest_cache", "node_modules"]);

/**
 * Files and folders as one `.tar.gz`, for machines that unpack it. The same contents always give the same bytes, whenever and by whoever they were written.
 *
 * @param parts by their path in the archive (`.`: a folder's contents at its top), the path from the repository's root or an absolute one
 * @throws Error naming each part that is not there
 */
export function releaseArchive(parts: Readonly<Record<string, string>>): BundleFile {
  const sources = Object.entries(parts).map(([path, source]) => ({ path, source: resolve(repoRoot, source) }));
  const missing = sources.filter(({ source }) => !existsSync(source));
  if (missing.length > 0) {
    const names = missing.map(({ source }) => relative(repoRoot, source)).join(", ");
    throw new Error(`The release can't be packed: ${names} missing; is the checkout whole?`);
  }
  mkdirSync(archiveFolder, { recursive: true });
  const folder = mkdtempSync(join(archiveFolder, "release-"));
  try {
    const staged = join(folder, "content");
    for (const { path, source } of sources) {
      const to = join(staged, path);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(source, to, { recursive: true, filter: (each) => !leftOut.has(each.split("/").at(-1) ?? "") });
    }
    const archive = join(folder, "release.tar.gz");
    pack(staged, archive);
    const sha256 = createHash("sha256").update(readFileSync(archive)).digest("hex");
    const kept = join(archiveFolder, `${sha256}.tar.gz`);
    renameSync(archive, kept);
    return { path: kept, sha256 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files in order of their names, with modes that don't depend on who checked them out, and without times. */
function pack(folder: string, archive: string): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  for (const file of files) {
    const path = join(folder, file);
    chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
  create({ sync: true, cwd: folder, file: archive, gzip: { level: 9 }, portable: true, mtime: new Date(0) }, files);
}
