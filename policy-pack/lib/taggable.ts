import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packRoot } from "./environment";

/** tables/taggable.json, made by tools/generate-taggable.ts: resources with a `tags` map, by module. */
interface TaggableTable {
  readonly modules: Readonly<Record<string, string>>;
}

let types: readonly string[] | undefined;

/** Type tokens of all resources of @pulumi/aws that take a map of tags. */
export function taggableTypes(): readonly string[] {
  types ??= readTypes();
  return types;
}

function readTypes(): readonly string[] {
  const { modules } = JSON.parse(readFileSync(join(packRoot, "tables", "taggable.json"), "utf8")) as TaggableTable;
  return Object.entries(modules).flatMap(([module, names]) =>
    names.split(" ").map((name) => `aws:${module}/${name}:${name.charAt(0).toUpperCase()}${name.slice(1)}`),
  );
}
