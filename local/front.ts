import { forward, startAdapter } from "./model/adapter";

export interface Front {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Opens a name of the local AWS, such as a distribution's, as a URL of this machine that browsers and other clients can use. It does what DNS and TLS do on AWS: it
 * brings requests to the right place, says by which name they were made, and that they came over HTTPS.
 *
 * @param endpoint of the local AWS
 * @param headers that say for whom a request is. What a request has of itself stays, but for `Host`
 */
export async function openFront(endpoint: string, headers: Readonly<Record<string, string>>): Promise<Front> {
  const { host, ...others } = lowerCase(headers);
  const { endpoint: url, stop } = await startAdapter((incoming, response) => {
    const missing = Object.entries(others).filter(([name]) => incoming.headers[name] === undefined);
    const set = { ...Object.fromEntries(missing), ...(host === undefined ? {} : { host }) };
    return forward(endpoint, incoming, response, { set });
  });
  return { url, stop };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
