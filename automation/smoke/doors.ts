/** A URL of a deployed system that answers without any credentials, and what it must answer. */
export interface Door {
  readonly what: string;
  readonly url: string;
  /** Default GET. */
  readonly method?: string;
  readonly path: string;
  /** From a system that serves. */
  readonly statuses: readonly number[];
  /** Whether machines stand behind it, which the local AWS does not have: there the edge's own error shows that it leads to them. */
  readonly machines: boolean;
}

type Outputs = Readonly<Record<string, unknown>>;
type Row = Omit<Door, "url"> & { readonly output: string };

const page: Row = { what: "page", output: "pageUrl", path: "/", statuses: [200], machines: false };

/** By the key of a system's outputs. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  // It asks everybody for credentials, which it has to say itself.
  lambdaEfs: [
    { what: "API", output: "apiUrl", method: "POST", path: "/predict", statuses: [401, 403], machines: false },
  ],
  phi3: [
    page,
    { what: "API", output: "apiUrl", path: "/health", statuses: [200], machines: true },
    { what: "API through the page's domain", output: "pageUrl", path: "/health", statuses: [200], machines: true },
  ],
  ollama: [{ what: "Open WebUI", output: "ollamaUrl", path: "/health", statuses: [200], machines: true }],
  agents: [
    { what: "gateway", output: "apiUrl", path: "/api/health/ready", statuses: [200], machines: true },
    { what: "gateway's process", output: "apiUrl", path: "/api/health/live", statuses: [200], machines: true },
  ],
  afirgen: [page, { what: "machine", output: "pageUrl", path: "/health", statuses: [200], machines: true }],
};

/** The ways into the systems that a stack has. */
export function doorsOf(system: string, outputs: Outputs): readonly Door[] {
  return (rows[system] ?? []).flatMap(({ output, ...door }) => {
    const url = outputs[output];
    return typeof url === "string" ? [{ ...door, url: url.replace(/\/+$/, "") }] : [];
  });
}

/** Names of log groups among outputs. */
export function logGroupsOf(outputs: Outputs): readonly string[] {
  return Object.entries(outputs).flatMap(([key, value]) => {
    if (/LogGroups?$/.test(key) || key === "logGroup") return [value].flat().filter((each) => typeof each === "string");
    return [];
  });
}

/** Names of dashboards among outputs. */
export function dashboardsOf(outputs: Outputs): readonly string[] {
  return Object.entries(outputs).flatMap(([key, value]) => {
    const name = /[dD]ashboardUrl$/.test(key) ? /#dashboards\/dashboard\/(.+)$/.exec(String(value))?.[1] : undefined;
    return name === undefined ? [] : [name];
  });
}
