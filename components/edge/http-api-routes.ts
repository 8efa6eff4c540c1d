import { slug } from "../lib/names";
import type { Check } from "../lib/validation";
import type { HttpMethod } from "./routes";

/** A route of an HTTP API. */
export interface HttpRoute {
  readonly method: HttpMethod;
  /** Such as `/v1/completions`. */
  readonly path: string;
}

/** Answered without a key: load balancers and monitors have none. */
export const openRoute: HttpRoute = { method: "GET", path: "/health" };

const pathForm = /^(\/[A-Za-z0-9._-]+)+$/;

/** `POST /v1/completions` */
export function routeKeyOf({ method, path }: HttpRoute): string {
  return `${method} ${path}`;
}

/** `post-v1-completions`, for logical names. */
export function routeNameOf({ method, path }: HttpRoute): string {
  return `${method.toLowerCase()}-${slug(path)}`;
}

export function isOpen(route: HttpRoute): boolean {
  return routeKeyOf(route) === routeKeyOf(openRoute);
}

/** Checks of a table of routes. There is no catch-all: what is not named is answered with 404. */
export function httpRouteChecks(routes: readonly HttpRoute[]): Check[] {
  const names = new Map<string, string>();
  return [
    { path: "routes", ok: routes.length > 0, message: "is empty; give at least one route." },
    ...routes.flatMap((route, index) => {
      const other = names.get(routeNameOf(route));
      names.set(routeNameOf(route), routeKeyOf(route));
      return [
        {
          path: `routes[${index}].path`,
          ok: pathForm.test(route.path),
          message: `is "${route.path}"; give a whole path such as /v1/completions.`,
        },
        {
          path: `routes[${index}]`,
          ok: other === undefined,
          message: `${routeKeyOf(route)} is the same as ${other}, or differs in punctuation or case only.`,
        },
      ];
    }),
  ];
}
