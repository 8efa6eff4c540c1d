import { isMap, isScalar, parseDocument } from "yaml";
import { overlap } from "../../components/network/cidr";

/** A system's addresses. */
export interface Block {
  readonly system: string;
  readonly cidr: string;
}

/** The first /16 of 10.0.0.0/8 for each system that overlaps none that is taken, nor another's. @throws RangeError when there are no more */
export function freeBlocks(wanted: readonly string[], taken: readonly string[]): Block[] {
  const chosen: Block[] = [];
  const used = [...taken];
  for (const system of wanted) {
    const cidr = Array.from({ length: 256 }, (_, second) => `10.${second}.0.0/16`).find(
      (block) => !used.some((other) => overlap(block, other)),
    );
    if (cidr === undefined) throw new RangeError(`No block of 10.0.0.0/8 is free for ${system}: set its cidr by hand.`);
    used.push(cidr);
    chosen.push({ system, cidr });
  }
  return chosen;
}

export interface NewStackOptions {
  readonly systems?: readonly string[];
  readonly region?: string;
  readonly accountId?: string;
  /** By key of the configuration, such as `lambdaEfs`. */
  readonly blocks: ReadonlyMap<string, string>;
}

export interface NewStack {
  /** The settings file. */
  readonly text: string;
  /** What is left to do by hand, a sentence each. */
  readonly todo: readonly string[];
}

const prefix = "llm-stacks:";
/** What only one stack can have. */
const unique = ["domain", "pageDomain"];

/**
 * The settings of a new stack made from another's, comments kept. What can't be copied is left out and told: secrets, which are encrypted for the other stack,
 * and the end of its life.
 *
 * @param source the other stack's settings file
 */
export function newSettings(name: string, source: string, options: NewStackOptions): NewStack {
  const document = parseDocument(source);
  const todo: string[] = [];
  for (const key of ["encryptionsalt", "encryptedkey"]) document.delete(key);
  document.deleteIn(["config", `${prefix}expiresOn`]);
  const config = document.get("config");
  const oldRegion = document.getIn(["config", "aws:region"]);

  if (isMap(config)) {
    for (const key of config.items.map(({ key: item }) => String(isScalar(item) ? item.value : item))) {
      if (document.hasIn(["config", key, "secure"])) {
        document.deleteIn(["config", key]);
        todo.push(`A secret could not be copied: pulumi config set --secret ${key} --stack ${name}`);
      }
      for (const setting of unique) {
        if (!document.hasIn(["config", key, setting])) continue;
        todo.push(
          `${key}.${setting} still names the other stack's: put a name and certificate of its own in Pulumi.${name}.yaml`,
        );
      }
    }
  }
  if (options.systems) document.setIn(["config", `${prefix}systems`], [...options.systems]);
  if (options.accountId) {
    document.setIn(["config", `${prefix}accountId`], options.accountId);
    if (document.deleteIn(["config", `${prefix}permissionsBoundary`])) {
      todo.push(
        `The boundary of roles is of the other account: pulumi config set ${prefix}permissionsBoundary <what ./llm bootstrap prints there> --stack ${name}`,
      );
    }
  }
  if (options.region && options.region !== oldRegion) {
    document.setIn(["config", "aws:region"], options.region);
    if (isMap(config)) {
      for (const { key: item } of config.items) {
        const key = String(isScalar(item) ? item.value : item);
        // Zones have the region in their names; the new region's first ones are the default.
        if (document.hasIn(["config", key, "availabilityZones"]))
          document.deleteIn(["config", key, "availabilityZones"]);
      }
    }
  }
  for (const [key, cidr] of options.blocks) document.setIn(["config", `${prefix}${key}`, "cidr"], cidr);
  return { text: document.toString(), todo };
}

const directions: Readonly<Record<string, string>> = {
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  central: "c",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
};

/** A region in short, as AWS's zone ids have it: `eu-west-1` is `euw1`, `us-gov-east-1` is `usgove1`. */
export function shortRegion(region: string): string {
  return region
    .split("-")
    .map((part) => directions[part] ?? part)
    .join("");
}

/** Name of a stack's twin in another region: `prod` in eu-west-1 is `prod-euw1`. */
export function twinName(stack: string, region: string): string {
  return `${stack}-${shortRegion(region)}`;
}
