/**
 * Runs a part of the program with Pulumi's mocks and records what it registers. Pulumi's own mocks let two resources with one URN replace each
 * other silently and say nothing of parents; here the first is an error and the second is recorded.
 *
 * It does not show what the provider's Check makes of the inputs, nor that AWS takes them: tests/engine does.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { SystemContext } from "../../components/lib/context";

export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly protect: boolean;
  /** Logical name; undefined at the top. */
  readonly parent: string | undefined;
  /** Logical names of what it depends on, through values or `dependsOn`; sorted. */
  readonly dependencies: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: a resource's inputs are whatever its type says; tests compare them with literals.
  readonly inputs: any;
}

/** A context like that of the dev stack; tests change what they are about. */
export const devContext: SystemContext = {
  project: "llm-stacks",
  stack: "dev",
  environment: "dev",
  system: "lambda-efs",
  costTier: "pay-per-use",
  region: "us-east-1",
  accountId: "123456789012",
  protectData: false,
  disposableData: true,
};

/** The tags of a component in `devContext`. */
export function devTags(service: string, name?: string): Record<string, string> {
  return {
    Project: "llm-stacks",
    Environment: "dev",
    Stack: "dev",
    System: "lambda-efs",
    ManagedBy: "pulumi",
    Service: service,
    CostTier: "pay-per-use",
    Deployment: "lambda-efs-dev",
    ...(name === undefined ? {} : { Name: name }),
  };
}

/** What a run registered, in order of names. */
export class Recording {
  constructor(readonly resources: readonly RecordedResource[]) {}

  /** The resource with this logical name. @throws Error if there is none */
  named(name: string): RecordedResource {
    const found = this.resources.find((resource) => resource.name === name);
    if (!found)
      throw new Error(`No resource ${name}; there are ${this.resources.map((each) => each.name).join(", ")}.`);
    return found;
  }

  ofType(type: string): RecordedResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The policy document in a property of a resource. */
  document(name: string, property = "policy"): { Version: string; Id?: string; Statement: Record<string, unknown>[] } {
    return JSON.parse(this.named(name).inputs[property]);
  }

  /** Custom resources whose type has tags but that have none, or not all that are required. */
  untagged(required: readonly string[]): string[] {
    return this.resources
      .filter((resource) => resource.custom && isTaggable(resource.type))
      .filter(({ inputs }) => !hasTags(inputs.tags, required))
      .map((resource) => resource.name);
  }

  /** Resources that are neither at the top nor named after their parent. */
  misnamed(): string[] {
    return this.resources
      .filter(({ name, parent }) => parent !== undefined && !name.startsWith(`${parent}-`))
      .map(({ name }) => name);
  }

  /** Custom resources without a parent. */
  orphans(): string[] {
    return this.resources.filter(({ custom, parent }) => custom && parent === undefined).map(({ name }) => name);
  }
}

const awsSdk = join(__dirname, "../../node_modules/@pulumi/aws");

/** Whether a type of the AWS SDK takes tags, by the SDK's own code. */
export function isTaggable(type: string): boolean {
  const [, path] = type.split(":");
  const file = join(awsSdk, `${path}.js`);
  if (!type.startsWith("aws:") || !existsSync(file)) throw new Error(`${type} is not a type of @pulumi/aws.`);
  return readFileSync(file, "utf8").includes('resourceInputs["tags"] = args');
}

/** Whether all of these tags are there. Auto Scaling groups have a list of them. */
export function hasTags(tags: Readonly<Record<string, string>> | TagList | undefined, required: readonly string[]) {
  const values = Array.isArray(tags)
    ? Object.fromEntries((tags as TagList).map(({ key, value }) => [key, value]))
    : tags;
  return required.every((key) => Boolean((values as Readonly<Record<string, string>> | undefined)?.[key]));
}
type TagList = readonly { readonly key: string; readonly value: string }[];

/** What AWS would add to a resource, so far as components read it. */
export function computed(type: string, name: string): Record<string, unknown> {
  const arn = `arn:aws:mock:us-east-1:123456789012:${name}`;
  switch (type) {
    case "aws:apigateway/restApi:RestApi":
      return {
        arn,
        executionArn: `arn:aws:execute-api:us-east-1:123456789012:${name}`,
        rootResourceId: `${name}-root`,
      };
    case "aws:apigateway/stage:Stage":
      return { arn, invokeUrl: `https://${name}.example.com/prod` };
    case "aws:apigatewayv2/api:Api":
      return {
        arn,
        apiEndpoint: `https://${name}.execute-api.example.com`,
        executionArn: `arn:aws:execute-api:us-east-1:123456789012:${name}`,
      };
    case "aws:cloudfront/distribution:Distribution":
      return { arn, domainName: `${name}.cloudfront.example.com` };
    case "aws:lambda/function:Function":
      return { arn, invokeArn: `arn:aws:apigateway:invoke/${name}` };
    case "aws:ec2/vpcEndpoint:VpcEndpoint":
      return { arn, prefixListId: `pl-${name}` };
    case "aws:lb/loadBalancer:LoadBalancer":
      return { arn, arnSuffix: `app/${name}`, dnsName: `${name}.elb.example.com`, zoneId: `${name}-zone` };
    case "aws:lb/targetGroup:TargetGroup":
      return { arn, arnSuffix: `targetgroup/${name}` };
    case "aws:sqs/queue:Queue":
      return { arn, url: `https://sqs.example.com/${name}` };
    case "aws:rds/instance:Instance":
      return {
        arn,
        address: `${name}.rds.example.com`,
        masterUserSecrets: [{ secretArn: `arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!${name}-AbCdEf` }],
      };
    case "aws:elasticache/replicationGroup:ReplicationGroup":
      return { arn, primaryEndpointAddress: `${name}.cache.example.com` };
    case "aws:kms/key:Key":
      return { arn, keyId: `${name}-key-id` };
    default:
      return { arn };
  }
}

interface Registration {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getProtect(): boolean | undefined;
  getParent(): string;
  getDependenciesList(): string[];
}
type Callback = (error: unknown, response?: { getUrn(): string }) => void;
interface Monitor {
  registerResource(request: Registration, callback: Callback): unknown;
}

export interface RecordOptions {
  /** Answers to invokes by token; any other invoke fails. */
  readonly calls?: Readonly<Record<string, Record<string, unknown>>>;
  readonly stack?: string;
  /** The stack's configuration by key with its namespace, as far as the program reads it from Pulumi. */
  readonly config?: Record<string, string>;
}

/**
 * Runs `build`, waits until all it started is registered, and returns what it returned and what it registered.
 * @throws what `build` throws; Error if two resources have one URN
 */
export async function record<T>(
  build: () => T | Promise<T>,
  { calls = {}, stack = "dev", config = {} }: RecordOptions = {},
): Promise<{ result: T; recording: Recording }> {
  const inputsByName = new Map<string, unknown>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom }) => {
        inputsByName.set(`${type}::${name}`, inputs);
        return { id: custom ? `${name}-id` : undefined, state: { ...inputs, ...(custom ? computed(type, name) : {}) } };
      },
      call: ({ token }) => {
        const answer = calls[token];
        if (!answer) throw new Error(`The test has no answer to the invoke ${token}.`);
        return answer;
      },
    },
    "llm-stacks",
    stack,
  );
  // Also where there is none: Pulumi's configuration is the process's, and the run before may have had another.
  pulumi.runtime.setAllConfig(config);
  const runtime = pulumi.runtime as unknown as { getMonitor(): Monitor; waitForRPCs(): Promise<void> };
  const monitor = runtime.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  const resources: RecordedResource[] = [];
  const twice: string[] = [];
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response) {
        const urn = response.getUrn();
        if (resources.some((resource) => resource.urn === urn)) twice.push(urn);
        resources.push(recorded(request, urn, inputsByName));
      }
      callback(error, response);
    });
  let result: T;
  try {
    result = await build();
  } finally {
    // What a build that throws had started would else be registered with the next test's mocks.
    await runtime.waitForRPCs();
  }
  if (twice.length > 0) throw new Error(`URNs registered twice: ${twice.join(", ")}`);
  resources.sort((left, right) => (left.name < right.name ? -1 : 1));
  return { result, recording: new Recording(resources) };
}

function recorded(request: Registration, urn: string, inputs: ReadonlyMap<string, unknown>): RecordedResource {
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    protect: request.getProtect() ?? false,
    parent: nameIn(request.getParent()),
    dependencies: [...new Set(request.getDependenciesList().map((each) => nameIn(each) ?? each))].sort(),
    inputs: inputs.get(`${request.getType()}::${request.getName()}`),
  };
}

function nameIn(urn: string): string | undefined {
  return urn === "" ? undefined : urn.split("::").at(-1);
}

/** The value of an output. */
export function resolved<T>(output: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => {
    pulumi.output(output).apply(resolve);
  });
}
