/** A system as a picture of its components, in Mermaid, which GitHub draws. */
import type { RecordedResource } from "../../tests/support/mocks";
import { className, ownerIn, type RecordedSystem } from "./recorded";

interface Node {
  readonly id: string;
  readonly label: string;
  readonly group: "network" | "watching" | "around";
}

interface Edge {
  readonly from: string;
  readonly to: string;
  /** What security groups let through; none where one refers to the other in some other way. */
  readonly ports: readonly number[];
}

export interface Diagram {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** Components that there are many of: one node for all of a system. */
const counted: Readonly<Record<string, string>> = {
  Alarm: "alarms",
  LogGroup: "log groups",
  GeneratedSecret: "secrets",
  Secret: "secrets",
};
const watching = new Set(["Alarm", "LogGroup", "AlarmTopic", "Budget", "Dashboard"]);
/** What they look at is listed in docs/monitoring.md; as arrows it would hide the rest. */
const silent = new Set(["Alarm", "Dashboard"]);
/** Reaches into the network through a link, and is not in it. */
const outside = new Set(["HttpApi", "RestApi"]);

export function diagramOf({ system, resources, originHost }: RecordedSystem): Diagram {
  const owner = ownerIn(resources);
  const byName = new Map(resources.filter(({ custom }) => custom).map((resource) => [resource.name, resource]));
  const tops = resources.filter((resource) => resource.parent === undefined);
  const counts = Map.groupBy(tops, ({ type }) => counted[className(type)] ?? "");
  // With those that are inside of fleets.
  const alarmCount = resources.filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm").length;
  const idOf = (top: RecordedResource) => counted[className(top.type)]?.replaceAll(" ", "-") ?? top.name;
  const depends = resources.flatMap((resource) =>
    resource.dependencies.flatMap((name) => {
      const other = byName.get(name);
      return other ? [{ from: resource, to: other, top: owner(resource), otherTop: owner(other) }] : [];
    }),
  );
  const inNetwork = new Set(
    depends.filter(({ otherTop }) => className(otherTop.type) === "Vpc").map(({ top }) => top.name),
  );
  const nodes = new Map<string, Node>();
  for (const top of tops) {
    const kind = className(top.type);
    if (kind === "Vpc") continue;
    const plural = counted[kind];
    const size = kind === "Alarm" ? alarmCount : (counts.get(plural ?? "")?.length ?? 0);
    const label = plural
      ? `${size} ${size === 1 ? plural.slice(0, -1) : plural}`
      : `${top.name.slice(system.length + 1)}<br/>${kind}`;
    const group = watching.has(kind)
      ? "watching"
      : inNetwork.has(top.name) && !outside.has(kind)
        ? "network"
        : "around";
    nodes.set(idOf(top), { id: idOf(top), label, group });
  }

  const edges = new Map<string, Edge>();
  const add = (from: RecordedResource, to: RecordedResource, port?: number) => {
    const [here, there] = [idOf(from), idOf(to)];
    if (here === there || !nodes.has(here) || !nodes.has(there)) return;
    if (silent.has(className(from.type)) && className(to.type) !== "AlarmTopic") return;
    const key = `${here} ${there}`;
    const ports = edges.get(key)?.ports ?? [];
    // Who calls whom says more than who was made first.
    if (port === undefined && (edges.has(key) || edges.has(`${there} ${here}`))) return;
    edges.set(key, {
      from: here,
      to: there,
      ports: port === undefined ? ports : [...new Set([...ports, port])].sort((a, b) => a - b),
    });
  };
  for (const { from, to, top, otherTop } of depends) {
    if (from.type !== "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") continue;
    if (from.inputs.referencedSecurityGroupId === `${to.name}-id`) add(top, otherTop, from.inputs.fromPort);
  }
  for (const { from, to } of originsOf(resources, originHost)) add(owner(from), owner(to));
  for (const { from, top, otherTop } of depends) {
    // Permissions and rules of security groups are made beside what is called, and point at the caller.
    if (!/^aws:(lambda\/permission|vpc\/securityGroup(In|E)gressRule):/.test(from.type)) add(top, otherTop);
  }
  for (const { from, to } of namedIn(resources)) {
    const [top, otherTop] = [owner(from), owner(to)];
    if (top !== otherTop) add(top, otherTop);
  }
  const sorted = (a: { readonly key: string }, b: { readonly key: string }) => (a.key < b.key ? -1 : 1);
  return {
    nodes: [...nodes.values()]
      .map((node) => ({ key: node.id, node }))
      .sort(sorted)
      .map(({ node }) => node),
    edges: [...edges]
      .map(([key, edge]) => ({ key, edge }))
      .sort(sorted)
      .map(({ edge }) => edge),
  };
}

/** Distributions whose origin is the load balancer under a name of one's own. */
function originsOf(resources: readonly RecordedResource[], host: string | undefined) {
  const balancer = resources.find(({ type }) => type === "aws:lb/loadBalancer:LoadBalancer");
  if (host === undefined || !balancer) return [];
  return (
    resources
      .filter(({ type }) => type === "aws:cloudfront/distribution:Distribution")
      // A list, or a secret that holds one: an origin's headers prove who asks.
      .filter(({ inputs }) => JSON.stringify(inputs.origins).includes(`"domainName":"${host}"`))
      .map((from) => ({ from, to: balancer }))
  );
}

/** Physical names, which policies and scripts have in place of references. */
const nameProperties = {
  "aws:s3/bucket:Bucket": "bucket",
  "aws:dynamodb/table:Table": "name",
  "aws:sqs/queue:Queue": "name",
  "aws:ssm/parameter:Parameter": "name",
  "aws:secretsmanager/secret:Secret": "name",
  "aws:cloudwatch/logGroup:LogGroup": "name",
  "aws:lambda/function:Function": "name",
} as const;

/** Rights are what one component may do with another: the policies of roles that name it. */
function namedIn(resources: readonly RecordedResource[]) {
  const named = resources.flatMap((to) => {
    const property = nameProperties[to.type as keyof typeof nameProperties];
    const name: unknown = property && to.inputs[property];
    return typeof name === "string" ? [{ to, name }] : [];
  });
  return resources
    .filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy")
    .flatMap((from) => {
      const policy = JSON.stringify(from.inputs.policy);
      return named
        .filter(({ name }) =>
          new RegExp(`(?<![\\w-])${name.replace(/^\//, "").replaceAll(".", "\\.")}(?![\\w-])`).test(policy),
        )
        .map(({ to }) => ({ from, to }));
    });
}

/** The document with a system's picture. */
export function diagramDocument(recorded: RecordedSystem): string {
  const { system, stack } = recorded;
  return [
    `# The components of ${system}`,
    "",
    `Drawn from what the program registers for stack \`${stack}\`, by \`npm run docs:generate\`. A box is a component of [docs/components.md](../components.md); [the system](../systems/${system}.md) says what it is for.`,
    "A whole arrow is a connection that security groups let through, with its port. A broken one is a reference: an address, a setting, or a right of the role.",
    "",
    mermaidOf(recorded),
    "",
  ].join("\n");
}

/** A document with the picture in the place of the one that it has. @throws Error when it has none, or several */
export function withDiagram(document: string, recorded: RecordedSystem): string {
  const parts = document.split(/^```mermaid\n[^`]*```$/m);
  if (parts.length !== 2) throw new Error(`The document has ${parts.length - 1} pictures in Mermaid; expected one.`);
  return parts.join(mermaidOf(recorded));
}

/** The block of Markdown that GitHub draws. */
function mermaidOf(recorded: RecordedSystem): string {
  const { nodes, edges } = diagramOf(recorded);
  const lines = (group: Node["group"]) =>
    nodes.filter((node) => node.group === group).map(({ id, label }) => `    ${id}["${label}"]`);
  const box = (group: Node["group"], title: string) => [`  subgraph ${group}["${title}"]`, ...lines(group), "  end"];
  const arrow = ({ from, to, ports }: Edge) =>
    ports.length === 0 ? `  ${from} -.-> ${to}` : `  ${from} -->|"${ports.join(", ")}"| ${to}`;
  return [
    "```mermaid",
    "flowchart LR",
    ...lines("around").map((line) => line.slice(2)),
    ...box("network", "VPC"),
    ...box("watching", "watching"),
    ...edges.map(arrow),
    "```",
  ].join("\n");
}
