import { z } from "zod";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { reportOnEverything } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-cred-exposure: No policy allows getting the credentials of everyone
 *
 * Actions that return keys, tokens or passwords, on everything or on everything of that service. Those that AWS can
 * only allow on "*" pass, such as ecr:GetAuthorizationToken. A Condition on the resource or the request excuses it.
 * Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov CKV_AWS_287
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-cred-exposure",
  family: "exposure",
  title: "No policy allows getting the credentials of everyone",
  severity: "high",
  why: "Credentials outlive the session that fetched them, and here they may be those of any role, user or database.",
  fix: "name the ARNs of the roles, users or databases in Resource.",
  checkov: ["CKV_AWS_287"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: identityPolicyTypes,
  settings: z.strictObject({
    actions: z
      .array(z.string().regex(/^[\w-]+:\w+$/))
      .default([
        "airflow:CreateCliToken",
        "airflow:CreateWebLoginToken",
        "codeartifact:GetAuthorizationToken",
        "codepipeline:PollForJobs",
        "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
        "connect:GetFederationToken",
        "ec2:GetPasswordData",
        "eks-auth:AssumeRoleForPodIdentity",
        "elasticmapreduce:GetClusterSessionCredentials",
        "emr-containers:GetManagedEndpointSessionCredentials",
        "gamelift:GetComputeAccess",
        "gamelift:GetComputeAuthToken",
        "gamelift:GetInstanceAccess",
        "gamelift:RequestUploadCredentials",
        "grafana:CreateWorkspaceApiKey",
        "grafana:CreateWorkspaceServiceAccountToken",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "iam:ResetServiceSpecificCredential",
        "iam:UpdateAccessKey",
        "lightsail:CreateBucketAccessKey",
        "lightsail:GetInstanceAccessDetails",
        "lightsail:GetRelationalDatabaseMasterUserPassword",
        "rds-db:connect",
        "redshift:GetClusterCredentials",
        "redshift:GetClusterCredentialsWithIAM",
        "redshift-serverless:GetCredentials",
        "s3:GetDataAccess",
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoot",
        "sts:GetFederationToken",
      ])
      .describe("Actions that return credentials"),
  }),
  check(resource, report, { actions }) {
    for (const statement of identityStatements(resource, report)) {
      reportOnEverything(statement, actions, report, "getting credentials");
    }
  },
});
