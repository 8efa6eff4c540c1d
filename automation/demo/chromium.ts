import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Names of Chromium's program, in the order they are looked for on PATH. */
export const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where macOS has it, which puts applications on no PATH. */
const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The program of Chromium or Chrome on this machine; undefined if there is none. */
export function findChromium(path: string = process.env["PATH"] ?? ""): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const onPath = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return [...onPath, ...applications].find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
