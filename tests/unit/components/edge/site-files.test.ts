import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { siteFiles } from "../../../../components/edge/site-files";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "site-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(...keys: string[]): void {
  for (const key of keys) {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), "");
  }
}

test("finds files in folders too, in order, without hidden ones", () => {
  write("index.html", "assets/app.js", "assets/deep/LOGO.SVG", ".hidden/x.html", "assets/.map.js");
  expect(siteFiles(folder)).toEqual([
    {
      key: "assets/app.js",
      path: join(folder, "assets/app.js"),
      name: "assets-app-js",
      contentType: "text/javascript; charset=utf-8",
      cacheControl: "public, max-age=300, must-revalidate",
    },
    {
      key: "assets/deep/LOGO.SVG",
      path: join(folder, "assets/deep/LOGO.SVG"),
      name: "assets-deep-logo-svg",
      contentType: "image/svg+xml",
      cacheControl: "public, max-age=300, must-revalidate",
    },
    {
      key: "index.html",
      path: join(folder, "index.html"),
      name: "index-html",
      contentType: "text/html; charset=utf-8",
      cacheControl: "no-cache",
    },
  ]);
});

test("tells all files of unknown types, and those that would share a logical name", () => {
  write("a.exe", "b", "c.js", "c/js.js", "c-js.js");
  expect(() => siteFiles(folder)).toThrow(
    /a\.exe has an unknown type; known are \.html[\s\S]*b has an unknown type[\s\S]*c-js\.js and c\/js\.js differ in punctuation or case only/,
  );
});
