import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { requireProgram } from "./server";

export interface Certificate {
  /** PEM. It has signed itself, so it is also the authority that clients are to trust. */
  readonly certificate: string;
  /** PEM, for this user alone. */
  readonly key: string;
}

/**
 * Makes a certificate for 127.0.0.1 and localhost, good for two days, so that servers on this machine ask for TLS as those on AWS do.
 *
 * @param dir gets the files
 * @throws UserError without openssl
 */
export function makeCertificate(dir: string): Certificate {
  const files = { certificate: join(dir, "certificate.pem"), key: join(dir, "key.pem") };
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const args = ["req", "-x509", ...kind, "-days", "2", ...name, "-keyout", files.key, "-out", files.certificate];
  execFileSync(requireProgram("openssl", "openssl"), args, { stdio: "pipe" });
  return files;
}
