import { isEveryone } from "../../lib/iam/document";
import { reportEveryone } from "../../lib/iam/resource-policies";
import { defineRule } from "../../lib/rule";

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

const eventPermission = "aws:cloudwatch/eventPermission:EventPermission";

/**
 * lp-resource-policy-public: Policies on secrets, file systems and other resources let in named principals only
 *
 * Allow with Principal "*" in the policy of a secret, a file system, an event bus, a table and other resources of the
 * kind. A Condition excuses it if it names accounts, organisations, networks, or resources of an account, with an
 * operator that fails when the key is absent; one that only seems to (IfExists, ForAllValues, negated, a wildcard for
 * the account, 0.0.0.0/0) does not. A file system that is reached through its mount targets only, and a search domain
 * in a VPC, are closed. Undefined: does not arise where the document is the resource, and passes elsewhere.
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
  types: [...Object.keys(documents), eventPermission],
  check({ type, props }, report) {
    if (type === eventPermission) {
      const principal = props.at("principal");
      const isOpen = isEveryone(principal).and(props.at("condition").isSet().not());
      report.when(isOpen, principal, "everyone may send events to the bus");
      return;
    }
    const closed = props.at("vpcOptions").isSet();
    reportEveryone(props.at(documents[type] ?? "policy"), report, "use the resource", closed);
  },
});
