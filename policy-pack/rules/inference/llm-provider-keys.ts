import { assignsKey, isKeyItself, isKeyName, providerKeyIn } from "../../lib/inference/provider-keys";
import { launchTypes } from "../../lib/launches";
import { defineRule, type ResourceView } from "../../lib/rule";
import { taggedTypes, tagSets } from "../../lib/tagging/tag-sets";
import { Truth } from "../../lib/truth";
import { readingsOf } from "../../lib/user-data";
import type { Value } from "../../lib/value";

/** Where the types with an environment keep it: maps by name, and lists of names and values. */
const environments: Readonly<Record<string, (props: Value) => readonly Variable[]>> = {
  "aws:lambda/function:Function": (props) => mapped(props.at("environment", "variables")),
  "aws:sagemaker/model:Model": (props) =>
    [props.at("primaryContainer"), ...props.at("containers").elements()].flatMap((container) =>
      mapped(container.at("environment")),
    ),
  "aws:apprunner/service:Service": (props) =>
    mapped(props.at("sourceConfiguration", "imageRepository", "imageConfiguration", "runtimeEnvironmentVariables")),
  // The other types of variable hold the name of a parameter or secret.
  "aws:codebuild/project:Project": (props) =>
    listed(props.at("environment", "environmentVariables"), (type) => type === undefined || type === "PLAINTEXT"),
  "aws:ecs/taskDefinition:TaskDefinition": (props) =>
    (props.at("containerDefinitions").asDocument()?.elements() ?? []).flatMap((definition) =>
      listed(definition.at("environment")),
    ),
  "aws:batch/jobDefinition:JobDefinition": (props) =>
    listed(
      props.at("containerProperties").asDocument()?.at("environment") ?? props.at("containerProperties", "environment"),
    ),
};

interface Variable {
  /** Whether its name says that it holds a provider's key. */
  readonly isForKey: Truth;
  readonly value: Value;
}

/**
 * llm-provider-keys: No model provider's API key is in user data, environment or tags
 *
 * Looks for the forms that keys of known providers have, and for variables such as OPENAI_API_KEY that are set to a value
 * and not to where the key is. Environments are those of Lambda, ECS, SageMaker, App Runner, CodeBuild and Batch.
 * Undefined: passes.
 *
 * @severity critical
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html
 */
export const rule = defineRule({
  id: "llm-provider-keys",
  family: "inference",
  title: "No model provider's API key is in user data, environment or tags",
  severity: "critical",
  why: "Whoever may describe the resource, or reads the state, can spend on the account of the provider, and a stolen key shows on the bill only.",
  fix: "revoke the key, keep the new one in Secrets Manager or as an SSM SecureString, and pass its name; the role reads it at start.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
  types: [...new Set([...taggedTypes(), ...launchTypes, ...Object.keys(environments)])],
  check(resource, report) {
    for (const userData of [resource.props.at("userData"), resource.props.at("userDataBase64")]) {
      const readings = readingsOf(String(userData.scalar() ?? ""));
      const found = readings.some((text) => providerKeyIn(text) !== undefined || assignsKey(text));
      report.when(
        userData.matches(() => found),
        userData,
        "the user data holds a model provider's API key",
      );
    }
    for (const { isForKey, value } of environments[resource.type]?.(resource.props) ?? []) {
      const hasForm = value.matches((text) => providerKeyIn(String(text ?? "")) !== undefined);
      const isKey = value.matches((text) => isKeyItself(String(text ?? "")));
      report.when(hasForm.or(isForKey.and(isKey)), value, "the variable holds a model provider's API key");
    }
    reportTags(resource, (value) => {
      const found = value.matches((text) => providerKeyIn(String(text ?? "")) !== undefined);
      report.when(found, value, "the tag holds a model provider's API key");
    });
  },
});

function reportTags(resource: ResourceView, judge: (value: Value) => void): void {
  for (const { tags } of tagSets(resource)) {
    for (const { value } of tags) judge(value);
  }
}

function mapped(variables: Value): readonly Variable[] {
  return variables.entries().map(([name, value]) => ({ isForKey: Truth.of(isKeyName(name)), value }));
}

function listed(variables: Value, isPlain: (type: unknown) => boolean = () => true): readonly Variable[] {
  return variables
    .elements()
    .filter((variable) => variable.at("type").matches(isPlain).answer !== "no")
    .map((variable) => ({
      isForKey: variable.at("name").matches((name) => isKeyName(String(name ?? ""))),
      value: variable.at("value"),
    }));
}
