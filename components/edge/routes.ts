import { createHash } from "node:crypto";
import { slug } from "../lib/names";

export const httpMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** A path of an API, part of its tree of resources. */
export interface PathNode {
  /** `/v1/chat` */
  readonly path: string;
  /** Last part: `chat`. */
  readonly part: string;
  /** `/v1`, or undefined just below the root. */
  readonly parent: string | undefined;
  /** Name for logical names: `v1-chat`. */
  readonly key: string;
}

interface RouteKey {
  readonly method: string;
  readonly path: string;
}

const pathForm = /^(\/[A-Za-z0-9._-]+)+$/;

/** Mistakes in a table of routes, by property path. */
export function routeMistakes(routes: readonly RouteKey[]): { path: string; message: string }[] {
  const mistakes = routes.length === 0 ? [{ path: "routes", message: "is empty; give at least one route." }] : [];
  const seen = new Set<string>();
  routes.forEach(({ method, path }, index) => {
    if (!pathForm.test(path)) {
      mistakes.push({ path: `routes[${index}].path`, message: `is "${path}"; give a path such as /ingest.` });
    }
    const route = `${method} ${path}`;
    if (seen.has(route)) mistakes.push({ path: `routes[${index}]`, message: `${route} is there twice.` });
    seen.add(route);
  });
  const keys = new Map<string, string>();
  for (const { path, key } of pathTree(routes.map((route) => route.path))) {
    const other = keys.get(key);
    if (other !== undefined) {
      mistakes.push({ path: "routes", message: `${other} and ${path} differ in punctuation or case only.` });
    }
    keys.set(key, path);
  }
  return mistakes;
}

/** Every path and all paths above it, each once, parents first. */
export function pathTree(paths: readonly string[]): PathNode[] {
  const nodes = new Map<string, PathNode>();
  for (const whole of paths) {
    const parts = whole.split("/").filter((part) => part !== "");
    parts.forEach((part, index) => {
      const path = `/${parts.slice(0, index + 1).join("/")}`;
      const parent = index === 0 ? undefined : `/${parts.slice(0, index).join("/")}`;
      nodes.set(path, { path, part, parent, key: slug(path) });
    });
  }
  return [...nodes.values()].sort((left, right) => depth(left) - depth(right) || (left.path < right.path ? -1 : 1));
}

function depth(node: PathNode): number {
  return node.path.split("/").length;
}

/** A text that differs whenever the plain value does, whatever the order of its properties. */
export function definitionHash(definition: unknown): string {
  const ordered = JSON.stringify(definition, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(ordered).digest("hex");
}
