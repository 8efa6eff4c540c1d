import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "./component";
import { partitionOf } from "./context";
import { type Grantee, policyDocumentOf, type Statement, serviceTrust } from "./iam";

export interface ServiceRoleArgs extends ComponentArgs {
  /** The AWS service that takes on the role, such as `lambda.amazonaws.com`. */
  readonly trusts: string;
  /** What narrows the trust, such as `aws:SourceAccount`. Default: nothing, for services that run the caller's own code. */
  readonly trustConditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly description: string;
  /** Paths of AWS managed policies, such as `service-role/AWSLambdaVPCAccessExecutionRole`. Default none. */
  readonly managedPolicies?: readonly string[];
}

/** An IAM role for an AWS service, within the stack's permissions boundary. Permissions come one inline policy per purpose, through `allow`. */
export class ServiceRole extends Component implements Grantee {
  readonly name: string;
  readonly arn: pulumi.Output<string>;
  /** All that must exist before the role can do its work; grows with `allow`. */
  readonly permissions: pulumi.Resource[] = [];
  readonly nodes: { readonly role: aws.iam.Role };

  constructor(name: string, args: ServiceRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lib", "ServiceRole", name, args, opts);
    this.name = this.physicalName("iamRole");
    const role = new aws.iam.Role(
      this.childName("role"),
      {
        name: this.name,
        description: args.description,
        assumeRolePolicy: serviceTrust(args.trusts, args.trustConditions),
        permissionsBoundary: this.context.permissionsBoundary,
        tags: this.tags(),
      },
      { parent: this },
    );
    this.nodes = { role };
    this.arn = role.arn;
    for (const path of args.managedPolicies ?? []) this.attach(path);
    this.registerOutputs({ arn: this.arn });
  }

  /** @inheritdoc */
  allow(purpose: string, statements: readonly Statement[]): aws.iam.RolePolicy {
    const policy = new aws.iam.RolePolicy(
      this.childName(purpose),
      { role: this.nodes.role.name, name: purpose, policy: policyDocumentOf(statements) },
      { parent: this },
    );
    this.permissions.push(policy);
    return policy;
  }

  private attach(path: string): void {
    const policyName = path.split("/").at(-1) ?? path;
    this.permissions.push(
      new aws.iam.RolePolicyAttachment(
        this.childName(policyName),
        { role: this.nodes.role.name, policyArn: `arn:${partitionOf(this.context.region)}:iam::aws:policy/${path}` },
        { parent: this },
      ),
    );
  }
}
