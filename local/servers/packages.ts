import { findPostgres } from "./postgres";
import { findProgram } from "./server";

/** Debian's packages of the servers that stand for managed services. */
export const serverPackages: readonly { readonly name: string; readonly isInstalled: () => boolean }[] = [
  { name: "postgresql", isInstalled: () => findPostgres() !== undefined },
  { name: "redis-server", isInstalled: () => findProgram("redis-server") !== undefined },
  { name: "openssl", isInstalled: () => findProgram("openssl") !== undefined },
];
