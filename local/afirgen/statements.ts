import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What is said, written and read in tests and demo. */
export const statement =
  "My name is Asha Rao. Yesterday at nine in the evening I was walking near the market in Pune. A tall man with a red cap snatched my mobile phone and ran away towards the railway station.";

/** Speech as a WAV file, from espeak-ng (Debian's `espeak-ng`). */
export async function speak(text: string, folder: string): Promise<Buffer> {
  const file = join(folder, "statement.wav");
  await run("espeak-ng", ["-v", "en-us", "-s", "130", "-g", "4", "-w", file, text]);
  return readFile(file);
}

/** A picture of a text, from ImageMagick (Debian's `imagemagick`). */
export async function paint(text: string, folder: string): Promise<Buffer> {
  // A machine may have another `convert` first on its PATH.
  const convert = ["/usr/bin/magick", "/usr/bin/convert"].find(existsSync) ?? "convert";
  const file = join(folder, "statement.png");
  const look = ["-background", "white", "-fill", "black", "-font", "DejaVu-Sans", "-pointsize", "32", "-size", "1000x"];
  await run(convert, [...look, `caption:${text}`, "-bordercolor", "white", "-border", "40", file]);
  return readFile(file);
}

/** Share of words that are wrong: substitutions, deletions and insertions for each word of the reference. Case and punctuation don't count. */
export function wordErrorRate(reference: string, heard: string): number {
  const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const [expected, found] = [words(reference), words(heard)];
  let row = Array.from({ length: found.length + 1 }, (_, index) => index);
  for (const [index, word] of expected.entries()) {
    const next = [index + 1];
    for (const [other, candidate] of found.entries()) {
      const change = (row[other] ?? 0) + (word === candidate ? 0 : 1);
      next.push(Math.min(change, (row[other + 1] ?? 0) + 1, (next[other] ?? 0) + 1));
    }
    row = next;
  }
  return (row.at(-1) ?? 0) / expected.length;
}
