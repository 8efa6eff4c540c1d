import {
  AnalyzeRequest,
  AnalyzeResponse,
  type AnalyzerPropertyDependencies,
  type AnalyzerResource,
  type AnalyzeStackRequest,
  type ConfigureAnalyzerRequest,
  type PolicyConfig,
  PolicyNotApplicable,
  RemediateResponse,
  type Remediation,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { applyEdits } from "../lib/edits";
import type { Config, EnforcementLevel, PackPolicy, Report } from "../lib/pack-policy";
import type { ResourceView } from "../lib/rule";
import { StackIndex, type StackResource } from "../lib/stack-view";
import { Value } from "../lib/value";
import { diagnostic, levelOf, remediation, type ServedPack } from "./messages";

type Inputs = Record<string, unknown>;

/** One policy that has something to do for a kind of request. */
interface Task {
  readonly policy: PackPolicy;
  readonly level: Exclude<EnforcementLevel, "disabled">;
  readonly config: Config;
}

/** What there is to do for resources of one type. */
interface Plan {
  readonly judging: readonly Task[];
  readonly curing: readonly Task[];
  /** An encoded response that names the policies which have nothing to say of the type. */
  readonly notApplicable: Uint8Array;
}

/**
 * Answers what the engine asks a policy pack: https://github.com/pulumi/pulumi/blob/master/proto/pulumi/analyzer.proto
 *
 * The server of @pulumi/policy would do, and its answers are the same; a test compares them. But it starts Pulumi's whole
 * SDK first, and for each resource it walks all policies, reads the resource again for each that judges several types,
 * and says at length which do not apply. That is most of what a preview pays for a pack of this size.
 */
export class Analyzer {
  private readonly settings = new Map<string, { readonly level: EnforcementLevel; readonly config: Config }>();
  private plans = new Map<string, Plan>();

  constructor(private readonly served: ServedPack) {
    for (const { name, enforcementLevel } of served.pack.policies) {
      this.settings.set(name, { level: enforcementLevel, config: {} });
    }
  }

  configure(request: ConfigureAnalyzerRequest): void {
    this.plans = new Map();
    for (const [name, entry] of request.getPolicyconfigMap().entries() as Iterable<[string, PolicyConfig]>) {
      const config = (entry.getProperties()?.toJavaScript() ?? {}) as Config;
      this.settings.set(name, { level: levelOf(entry.getEnforcementlevel()), config });
    }
  }

  /** Takes the request and gives the answer encoded: which policies do not apply to a type is encoded once. */
  analyze(encoded: Buffer): Uint8Array {
    const request = AnalyzeRequest.deserializeBinary(encoded);
    const { judging, notApplicable } = this.planFor(request.getType());
    if (judging.length === 0) return notApplicable;
    const response = new AnalyzeResponse();
    const resource = viewOf(request, inputsOf(request));
    for (const task of judging) {
      task.policy.validateResource?.(resource, task.config, this.reporter(task, response));
    }
    // Messages of one kind that are put together are read as one message with the entries of both.
    return Buffer.concat([response.serializeBinary(), notApplicable]);
  }

  analyzeStack(request: AnalyzeStackRequest): AnalyzeResponse {
    const response = new AnalyzeResponse();
    const stack = new StackIndex(request.getResourcesList().map(stackResource));
    for (const policy of this.served.pack.policies) {
      const task = policy.validateStack && this.task(policy);
      if (task) policy.validateStack?.(stack, task.config, this.reporter(task, response));
    }
    return response;
  }

  /** Takes the request encoded: the engine asks for each resource, and nearly always nothing is to be cured. */
  remediate(encoded: Buffer): RemediateResponse {
    const response = new RemediateResponse();
    if (![...this.settings.values()].some(({ level }) => level === "remediate")) return response;
    const request = AnalyzeRequest.deserializeBinary(encoded);
    const { curing } = this.planFor(request.getType());
    const inputs = inputsOf(request);
    const cures: Remediation[] = [];
    for (const { policy, config } of curing) {
      // Each policy sees what those before it have made of the resource.
      const edits = policy.remediateResource?.(viewOf(request, inputs), config) ?? [];
      if (applyEdits(inputs, edits)) cures.push(remediation(this.served, policy, inputs));
    }
    response.setRemediationsList(cures);
    return response;
  }

  private planFor(type: string): Plan {
    const known = this.plans.get(type);
    if (known) return known;
    const ofResources = this.served.pack.policies.filter(
      ({ validateResource, remediateResource }) => validateResource ?? remediateResource,
    );
    const enabled = ofResources.map((policy) => this.task(policy)).filter((task) => task !== undefined);
    const ours = enabled.filter(({ policy }) => policy.types.has(type));
    const plan = {
      judging: ours.filter(({ policy }) => policy.validateResource),
      curing: ours.filter(({ policy, level }) => level === "remediate" && policy.remediateResource),
      notApplicable: encodedNotApplicable(enabled.filter(({ policy }) => !policy.types.has(type))),
    };
    this.plans.set(type, plan);
    return plan;
  }

  private task(policy: PackPolicy): Task | undefined {
    const { level, config } = this.settings.get(policy.name) ?? { level: policy.enforcementLevel, config: {} };
    return level === "disabled" ? undefined : { policy, level, config };
  }

  private reporter({ policy, level }: Task, response: AnalyzeResponse): Report {
    // What a remediation left is a violation.
    const usual = level === "remediate" ? "mandatory" : level;
    return (violation) => response.addDiagnostics(diagnostic(this.served, policy, usual, violation));
  }
}

function inputsOf(request: AnalyzeRequest | AnalyzerResource): Inputs {
  return request.getProperties()?.toJavaScript() ?? {};
}

function viewOf(request: AnalyzeRequest | AnalyzerResource, inputs: Inputs): ResourceView {
  return {
    type: request.getType(),
    urn: request.getUrn(),
    name: request.getName(),
    props: Value.ofProps(inputs),
    provider: Value.ofProps(request.getProvider()?.getProperties()?.toJavaScript() ?? {}, "provider"),
  };
}

function stackResource(resource: AnalyzerResource): StackResource {
  const dependencies = resource.getPropertydependenciesMap().entries() as Iterable<
    [string, AnalyzerPropertyDependencies]
  >;
  return {
    ...viewOf(resource, inputsOf(resource)),
    propertyDependencies: new Map(Array.from(dependencies, ([key, urns]) => [key, new Set(urns.getUrnsList())])),
  };
}

function encodedNotApplicable(tasks: readonly Task[]): Uint8Array {
  const response = new AnalyzeResponse();
  response.setNotApplicableList(tasks.map(({ policy }) => new PolicyNotApplicable().setPolicyName(policy.name)));
  return response.serializeBinary();
}
