const invokeUrl =
  /^https:\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?:\/([^/?#]+))?([^?#]*)(\?[^#]*)?$/;

/**
 * Where the emulator serves a REST API: `https://<id>.execute-api.<region>.amazonaws.com/<stage>/<path>` becomes
 * `<endpoint>/restapis/<id>/<stage>/_user_request_/<path>`. Any other URL (already local, another host) is returned as it is.
 *
 * @param url an API's invoke URL, with or without a path and a query
 * @param endpoint `Emulator.endpoint`
 */
export function reachableApiUrl(url: string, endpoint: string): string {
  const match = invokeUrl.exec(url);
  if (!match) return url;
  const [, id, stage, path = "", query = ""] = match;
  // The root of an API without a stage in its path belongs to an HTTP API, which the emulator serves by host name.
  if (!stage) return url;
  return `${endpoint.replace(/\/+$/, "")}/restapis/${id}/${stage}/_user_request_${path === "" ? "/" : path}${query}`;
}

/**
 * How requests to a URL of a stack are sent. On AWS: as they are. The local AWS serves every name on one port and tells them apart by `Host`, stages of REST APIs by path.
 *
 * @param endpoint of the local AWS; undefined for a stack on AWS
 */
export function reach(
  url: string,
  endpoint: string | undefined,
): { readonly baseUrl: string; readonly headers: Readonly<Record<string, string>> } {
  if (endpoint === undefined) return { baseUrl: url, headers: {} };
  const here = reachableApiUrl(url, endpoint);
  // A stage of a REST API, whether its URL has been turned into a local one before or not.
  if (new URL(here).host === new URL(endpoint).host) return { baseUrl: here.replace(/\/+$/, ""), headers: {} };
  const { host } = new URL(url);
  const api = /^([a-z0-9]+)\.execute-api\./.exec(host)?.[1];
  return {
    baseUrl: endpoint.replace(/\/+$/, ""),
    headers:
      api === undefined ? { Host: host, "X-Forwarded-Proto": "https" } : { Host: `${api}.execute-api.localhost` },
  };
}
