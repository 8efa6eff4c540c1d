import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { LogRetentionDays } from "../lib/log-retention";

export interface LogGroupArgs extends ComponentArgs {
  /** What stands before `<system>-<role>-<stack>` in its name, such as `/aws/ec2/`. */
  readonly prefix: `/${string}/`;
  readonly retentionDays: LogRetentionDays;
}

/**
 * A log group that ends with its stack and forgets after a time. Without one made here, whoever writes first would make one that keeps everything for ever.
 *
 * Cost: $0.50 per GB written, $0.03 per GB and month kept (us-east-1, unverified).
 */
export class LogGroup extends Component {
  /** Known at preview. */
  readonly name: string;
  readonly nodes: { readonly group: aws.cloudwatch.LogGroup };

  constructor(name: string, args: LogGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("observability", "LogGroup", name, args, opts);
    this.check([
      {
        path: "prefix",
        ok: /^\/([A-Za-z0-9_.#-]+\/)+$/.test(args.prefix),
        message: `is "${args.prefix}"; give one that starts and ends with a slash, such as /aws/ec2/.`,
      },
    ]);
    this.name = `${args.prefix}${this.physicalName("logGroup")}`;
    const group = new aws.cloudwatch.LogGroup(
      this.childName("log-group"),
      { name: this.name, retentionInDays: args.retentionDays, tags: this.tags() },
      { parent: this },
    );
    this.nodes = { group };
    this.registerOutputs({ name: this.name });
  }
}
