import { z } from "zod";
import { bucketName, check, logGroup, parameterName, text, whole } from "./options";

export interface AfirgenOptions {
  /** Of the machine, in its log. */
  readonly name: string;
  readonly region: string;
  /** SSM parameter with the key of the release's archive, `release/<sha256>.tar.gz`, and the bucket that it is in. */
  readonly release: { readonly bucket: string; readonly parameter: string };
  /** Path of the parameters that are the application's variables, without a slash at the end. */
  readonly parameterPrefix: string;
  readonly buckets: { readonly models: string; readonly temp: string; readonly backups: string };
  /** Name that the machine serves HTTPS under. Default: none, HTTP alone. */
  readonly domainName?: string | undefined;
  /** Who is told of certificates that expire. Default: no one. */
  readonly adminEmail?: string | undefined;
  readonly logGroup: string;
  /** CloudWatch namespace of the application's metrics. Not one of AWS's own. */
  readonly metricsNamespace: string;
  /** Swap file in GiB. Default 4. */
  readonly swapGiB?: number;
}

const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

const afirgen = z.strictObject({
  name: text(/^(?!-)[a-z0-9-]{1,100}$/, "small letters, digits and hyphens"),
  region: text(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region, such as us-east-1"),
  release: z.strictObject({ bucket: bucketName, parameter: parameterName }),
  parameterPrefix: parameterName,
  buckets: z.strictObject({ models: bucketName, temp: bucketName, backups: bucketName }),
  domainName: text(hostName, "a host name, such as fir.example.com").optional(),
  adminEmail: text(/^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$/, "an e-mail address").optional(),
  logGroup,
  metricsNamespace: text(/^(?!AWS\/)[A-Za-z0-9_.#/-]{1,255}$/, "a namespace that does not begin with AWS/"),
  swapGiB: whole(0, 16, "GiB").default(4),
});

export type CheckedAfirgenOptions = z.output<typeof afirgen>;

/** @throws InvalidOptionsError naming every wrong option */
export function checkAfirgenOptions(options: AfirgenOptions): CheckedAfirgenOptions {
  return check("options of AFIRGen's machine", afirgen, options);
}
