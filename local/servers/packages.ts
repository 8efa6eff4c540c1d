import { existsSync } from "node:fs";
import { findPostgres } from "./postgres";
import { findProgram } from "./server";

/** A package of Debian's that no command installs by itself. */
export interface DebianPackage {
  readonly name: string;
  /** On disk with all that it needs, on Debian 12 with nothing but the base system: no more than that. */
  readonly megabytes: number;
  readonly isInstalled: () => boolean;
}

const program = (name: string, megabytes: number, file = name): DebianPackage => ({
  name,
  megabytes,
  isInstalled: () => findProgram(file) !== undefined,
});

const font: DebianPackage = {
  name: "fonts-dejavu-core",
  megabytes: 3,
  isInstalled: () => existsSync("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
};

/** What stands on this machine for managed services and for what instances have, by what needs it. */
export const debianPackages = {
  /** The gateway's servers. */
  "./llm demo agents": [
    { name: "postgresql", megabytes: 260, isInstalled: () => findPostgres() !== undefined },
    program("redis-server", 7),
    program("openssl", 3),
  ],
  /** AFIRGen's servers, and what speaks and writes in a complainant's place. */
  "./llm demo afirgen": [
    program("mariadb-server", 196, "mariadbd"),
    program("nginx", 2),
    program("tesseract-ocr", 89, "tesseract"),
    program("espeak-ng", 24),
    program("imagemagick", 95, "convert"),
    font,
  ],
  /** The instances' scripts call it. */
  "./llm test": [program("jq", 1)],
} as const satisfies Readonly<Record<string, readonly DebianPackage[]>>;
