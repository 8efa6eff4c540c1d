/**
 * Writes tables/taggable.json: the types of the installed @pulumi/aws whose arguments have `tags`, by module. Run it
 * after raising @pulumi/aws: `npm run policies:tables`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export function taggableTable(): string {
  const packageFile = createRequire(__filename).resolve("@pulumi/aws/package.json");
  const root = dirname(packageFile);
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  const byModule = new Map<string, string[]>();
  for (const folder of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of readdirSync(join(root, folder.name)).filter((name) => name.endsWith(".d.ts"))) {
      if (!hasTagMap(readFileSync(join(root, folder.name, file), "utf8"))) continue;
      const token = tokenOf(readFileSync(join(root, folder.name, file.replace(/\.d\.ts$/, ".js")), "utf8"));
      const [, module, name] = token?.match(/^aws:([^/]+)\/(\w+):\w+$/) ?? [];
      if (module && name) byModule.set(module, [...(byModule.get(module) ?? []), name]);
    }
  }
  const modules = [...byModule]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([module, names]) => [module, names.sort().join(" ")]);
  const table = { source: `@pulumi/aws@${version}`, modules: Object.fromEntries(modules) };
  return `${JSON.stringify(table, null, 2)}\n`;
}

/** Whether the <Resource>Args interface has `tags` as a map. Tag lists (Auto Scaling groups) are another rule's matter. */
function hasTagMap(declaration: string): boolean {
  const args = declaration.match(/export interface \w+Args \{[\s\S]*?\n\}/)?.[0];
  return args !== undefined && /^ {4}tags\?: pulumi\.Input<\{\n? *\[key: string\]: pulumi\.Input<string>;/m.test(args);
}

function tokenOf(source: string): string | undefined {
  return source.match(/__pulumiType = '([^']+)'/)?.[1];
}

if (require.main === module) {
  writeFileSync(join(__dirname, "..", "tables", "taggable.json"), taggableTable());
}
