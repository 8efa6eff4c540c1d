import {
  AnalyzeDiagnostic,
  AnalyzerInfo,
  EnforcementLevel as Level,
  PolicyConfig,
  PolicyConfigSchema,
  PolicyInfo,
  PolicySeverity,
  PolicyType,
  Remediation,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Pack } from "../build-pack";
import type { EnforcementLevel, PackPolicy, Violation } from "../lib/pack-policy";
import type { Severity } from "../lib/rule";

/** A pack and what the engine calls it. */
export interface ServedPack {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly pack: Pack;
}

const levels: Readonly<Record<EnforcementLevel, Level>> = {
  advisory: Level.ADVISORY,
  mandatory: Level.MANDATORY,
  disabled: Level.DISABLED,
  remediate: Level.REMEDIATE,
};

const severities: Readonly<Record<Severity, PolicySeverity>> = {
  low: PolicySeverity.POLICY_SEVERITY_LOW,
  medium: PolicySeverity.POLICY_SEVERITY_MEDIUM,
  high: PolicySeverity.POLICY_SEVERITY_HIGH,
  critical: PolicySeverity.POLICY_SEVERITY_CRITICAL,
};

/** Throws for a level that the protocol has got since. */
export function levelOf(message: Level): EnforcementLevel {
  const name = (Object.keys(levels) as EnforcementLevel[]).find((each) => levels[each] === message);
  if (name === undefined) throw new Error(`the engine asks for the enforcement level ${message}, which is none`);
  return name;
}

export function analyzerInfo({ name, version, description, pack }: ServedPack): AnalyzerInfo {
  const info = new AnalyzerInfo();
  info.setName(name).setVersion(version).setDescription(description).setProvider("aws").setSupportsconfig(true);
  info.setPoliciesList(pack.policies.map(policyInfo));
  const initial = info.getInitialconfigMap();
  for (const [id, { enforcementLevel, ...settings }] of Object.entries(pack.initialConfig)) {
    initial.set(id, new PolicyConfig().setEnforcementlevel(levels[enforcementLevel]).setProperties(struct(settings)));
  }
  return info;
}

function policyInfo(policy: PackPolicy): PolicyInfo {
  const judgesResources = policy.validateResource !== undefined || policy.remediateResource !== undefined;
  return new PolicyInfo()
    .setPolicyType(judgesResources ? PolicyType.POLICY_TYPE_RESOURCE : PolicyType.POLICY_TYPE_STACK)
    .setName(policy.name)
    .setDisplayname(policy.displayName)
    .setDescription(policy.description)
    .setEnforcementlevel(levels[policy.enforcementLevel])
    .setSeverity(severities[policy.severity])
    .setTagsList([...(policy.tags ?? [])])
    .setRemediationSteps(policy.remediationSteps ?? "")
    .setUrl(policy.url ?? "")
    .setConfigschema(new PolicyConfigSchema().setProperties(struct(policy.settings)));
}

/** @param usual the level, unless the violation has its own */
export function diagnostic(
  { name, version }: ServedPack,
  policy: PackPolicy,
  usual: "advisory" | "mandatory",
  violation: Violation,
): AnalyzeDiagnostic {
  return new AnalyzeDiagnostic()
    .setPolicyname(policy.name)
    .setPolicypackname(name)
    .setPolicypackversion(version)
    .setDescription(policy.description)
    .setMessage(violation.message)
    .setEnforcementlevel(levels[violation.enforcementLevel ?? usual])
    .setSeverity(severities[violation.severity ?? policy.severity])
    .setUrn(violation.urn ?? "");
}

/** @param inputs all inputs of the resource, as they are from now on */
export function remediation(
  { name, version }: ServedPack,
  policy: PackPolicy,
  inputs: Readonly<Record<string, unknown>>,
): Remediation {
  return new Remediation()
    .setPolicyname(policy.name)
    .setPolicypackname(name)
    .setPolicypackversion(version)
    .setDescription(policy.description)
    .setProperties(struct(inputs));
}

/** Of what came as JSON or can be written as such. */
function struct(value: object): Struct {
  return Struct.fromJavaScript(value as Record<string, JavaScriptValue>);
}
