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
