import { isEveryone } from "../../lib/iam/document";
import { deniesStrangers, reportEveryone } from "../../lib/iam/resource-policies";
import { defineRule } from "../../lib/rule";
import { refersTo, type StackResource, type StackView, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/** The types with a policy of their own, with the property that holds the document. */
const documents: Readonly<Record<string, string>> = {
  "aws:acmpca/policy:Policy": "policy",
  "aws:backup/vaultPolicy:VaultPolicy": "policy",
  "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "policy",
  "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": "accessPolicy",
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
  "aws:codeartifact/domainPermissions:DomainPermissions": "policyDocument",
  "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy": "policyDocument",
  "aws:dynamodb/resourcePolicy:ResourcePolicy": "policy",
  "aws:ecr/registryPolicy:RegistryPolicy": "policy",
  "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
  "aws:efs/fileSystemPolicy:FileSystemPolicy": "policy",
  "aws:elasticsearch/domain:Domain": "accessPolicies",
  "aws:glacier/vault:Vault": "accessPolicy",
  "aws:glue/resourcePolicy:ResourcePolicy": "policy",
  "aws:kinesis/resourcePolicy:ResourcePolicy": "policy",
  "aws:mediastore/containerPolicy:ContainerPolicy": "policy",
  "aws:opensearch/domain:Domain": "accessPolicies",
  "aws:redshiftserverless/resourcePolicy:ResourcePolicy": "policy",
  "aws:s3tables/tableBucketPolicy:TableBucketPolicy": "resourcePolicy",
  "aws:s3tables/tablePolicy:TablePolicy": "resourcePolicy",
  "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": "resourcePolicy",
  "aws:schemas/registryPolicy:RegistryPolicy": "policy",
  "aws:secretsmanager/secret:Secret": "policy",
  "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
  "aws:ses/identityPolicy:IdentityPolicy": "policy",
  "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy": "policy",
};

/** Policies of what may be closed by another resource: whether it is, only the stack shows. */
const attached: readonly {
  readonly type: string;
  readonly document: string;
  /** The property that names what the policy is for, with the properties there that hold the name. */
  readonly names: readonly [property: string, identities: readonly string[]];
  readonly owners: readonly string[];
  /** Whether nobody outside a network gets to it, or it is open by its nature and another rule judges it. */
  readonly isClosed: (owner: StackResource, document: Value) => Truth;
}[] = [
  ...["opensearch", "elasticsearch"].map((service) => ({
    type: `aws:${service}/domainPolicy:DomainPolicy`,
    document: "accessPolicies",
    names: ["domainName", ["domainName"]] as const,
    owners: ["aws:opensearch/domain:Domain", "aws:elasticsearch/domain:Domain"],
    isClosed: (domain: StackResource) => written(domain, "vpcOptions").isSet(),
  })),
  {
    type: "aws:apigateway/restApiPolicy:RestApiPolicy",
    document: "policy",
    names: ["restApiId", ["id"]],
    owners: ["aws:apigateway/restApi:RestApi"],
    isClosed: (api, document) => isForInternet(written(api, "endpointConfiguration")).or(deniesStrangers(document)),
  },
];

const restApi = "aws:apigateway/restApi:RestApi";
const eventPermission = "aws:cloudwatch/eventPermission:EventPermission";

/**
 * lp-resource-policy-public: Policies on secrets, file systems and other resources let in named principals only
 *
 * Allow with Principal "*" in the policy of a secret, a file system, an event bus, a table and other resources of the
 * kind. A Condition excuses it if it names accounts, organisations, networks, or resources of an account, with an
 * operator that fails when the key is absent; one that only seems to (IfExists, ForAllValues, negated, a wildcard for
 * the account, 0.0.0.0/0) does not. A file system that is reached through its mount targets only, and a search domain
 * in a VPC, are closed. Of REST APIs the private ones are judged, unless a Deny keeps out all but named callers; who may
 * call the others is said by their methods (lp-apigw-auth). The policy of a VPC endpoint lets in who is in the VPC, and
 * is not judged. Undefined: does not arise where the document is the resource, and passes elsewhere.
 *
 * @severity high
 * @checkov none
 * @securityHub EventBridge.3
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
 */
export const rule = defineRule({
  id: "lp-resource-policy-public",
  family: "exposure",
  title: "Policies on secrets, file systems and other resources let in named principals only",
  severity: "high",
  why: "Anyone in any account can then do what the statement allows.",
  fix: "name the principals, or add a Condition such as aws:PrincipalOrgID or aws:SourceVpce.",
  checkov: [],
  securityHub: ["EventBridge.3"],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html",
  types: [...Object.keys(documents), restApi, eventPermission],
  check({ type, props }, report) {
    if (type === eventPermission) {
      const principal = props.at("principal");
      const isOpen = isEveryone(principal).and(props.at("condition").isSet().not());
      report.when(isOpen, principal, "everyone may send events to the bus");
      return;
    }
    const document = props.at(documents[type] ?? "policy");
    const closed =
      type === restApi
        ? isForInternet(props.at("endpointConfiguration")).or(deniesStrangers(document))
        : props.at("vpcOptions").isSet();
    reportEveryone(document, report, "use the resource", closed);
  },
  checkStack(stack, report) {
    for (const kind of attached) {
      for (const policy of stack.ofType(kind.type)) {
        const document = policy.props.at(kind.document);
        reportEveryone(document, report.on(policy), "use the resource", closedByOwner(stack, policy, kind));
      }
    }
  },
});

function closedByOwner(
  stack: StackView,
  policy: StackResource,
  { document, names: [property, identities], owners, isClosed }: (typeof attached)[number],
): Truth {
  return Truth.any(
    stack
      .ofType(...owners)
      .map((owner) => refersTo(policy, property, owner, identities).and(isClosed(owner, policy.props.at(document)))),
  );
}

/** Whether a REST API has an address in the internet: all but private ones do. */
function isForInternet(configuration: Value): Truth {
  return Truth.any(
    configuration
      .at("types")
      .elements()
      .map((type) => type.equals("PRIVATE")),
  ).not();
}
