import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../../components/lib/component";
import { partitionOf } from "../../components/lib/context";
import { type PlainStatement, policyDocumentOf, type Statement } from "../../components/lib/iam";
import { packed } from "./permissions";
import { githubTrust } from "./trust";

export interface CiRoleArgs extends ComponentArgs {
  /** ARN of the account's provider for GitHub's tokens, written out, so that policies can judge the trust at preview. */
  readonly provider: string;
  /** `owner/name` */
  readonly repository: string;
  /** Environment of GitHub whose jobs may take on the role. */
  readonly githubEnvironment: string;
  readonly boundary: aws.iam.Policy;
  readonly description: string;
  readonly statements: readonly PlainStatement[];
  /** Statements with ids that are not known yet. Default none. */
  readonly state?: readonly Statement[];
}

/** Seconds that a deployment's credentials last: the first creation of a distribution and a database takes about half an hour. */
const sessionSeconds = 2 * 3600;

/** A role that jobs of one repository in one of its environments take on, with no secret that could be stolen. */
export class CiRole extends Component {
  readonly arn: string;
  readonly nodes: { readonly role: aws.iam.Role };

  constructor(name: string, args: CiRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lib", "CiRole", name, args, opts);
    const { accountId, region } = this.context;
    const roleName = this.physicalName("iamRole");
    this.arn = `arn:${partitionOf(region)}:iam::${accountId}:role/${roleName}`;
    const role = new aws.iam.Role(
      this.childName("role"),
      {
        name: roleName,
        description: args.description,
        assumeRolePolicy: githubTrust(args.provider, args.repository, args.githubEnvironment),
        maxSessionDuration: sessionSeconds,
        permissionsBoundary: args.boundary.arn,
        tags: this.tags(),
      },
      { parent: this },
    );
    this.nodes = { role };
    for (const [index, policy] of packed(args.statements).entries()) this.attach(role, index + 1, policy);
    if (args.state) {
      new aws.iam.RolePolicy(
        this.childName("state"),
        { role: role.name, name: "state", policy: policyDocumentOf(args.state) },
        { parent: this },
      );
    }
    this.registerOutputs({ arn: role.arn });
  }

  private attach(role: aws.iam.Role, number: number, document: string): void {
    const policy = new aws.iam.Policy(
      this.childName(`policy-${number}`),
      { name: this.physicalName("iamRole", `policy-${number}`), policy: document, tags: this.tags() },
      { parent: this },
    );
    new aws.iam.RolePolicyAttachment(
      this.childName(`attachment-${number}`),
      { role: role.name, policyArn: policy.arn },
      { parent: this },
    );
  }
}
