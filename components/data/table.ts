import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { Grantee } from "../lib/iam";
import type { Metric, MetricMath } from "../observability/metric";

export interface TableArgs extends ComponentArgs {
  /** Name of the partition key, a string. */
  readonly partitionKey: string;
  /** Name of the sort key, a string. Default: none. */
  readonly sortKey?: string;
  /** Attribute with the time, in seconds since 1970, after which an item is deleted. Default: items stay. */
  readonly expiryAttribute?: string;
}

/**
 * A DynamoDB table: on demand, encrypted with the key AWS manages for the account, restorable to any second of the last 35 days.
 *
 * Protected, against deletion by hand too, where the environment protects data.
 *
 * Cost: $0.625 per million writes, $0.125 per million reads, $0.25 per GB and month, restorability $0.20 per GB and month (us-east-1; unverified,
 * as of 2026-11).
 */
export class Table extends Component {
  /** Known at preview. */
  readonly name: string;
  /** Built from the name, so that policies on it can be read at preview. */
  readonly arn: string;
  readonly nodes: { readonly table: aws.dynamodb.Table };

  constructor(name: string, args: TableArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "Table", name, args, opts);
    const keys = [args.partitionKey, ...(args.sortKey === undefined ? [] : [args.sortKey])];
    this.check(
      keys.map((key) => ({
        path: "partitionKey, sortKey",
        ok: /^[A-Za-z][A-Za-z0-9_.-]{0,254}$/.test(key),
        message: `holds "${key}"; give a letter, then letters, digits or _.- up to 255 characters.`,
      })),
    );
    this.name = this.physicalName("dynamodbTable");
    this.arn = arnOf(this.context, "dynamodb", `table/${this.name}`);
    const table = new aws.dynamodb.Table(
      this.childName("table"),
      {
        name: this.name,
        billingMode: "PAY_PER_REQUEST",
        hashKey: args.partitionKey,
        rangeKey: args.sortKey,
        attributes: keys.map((key) => ({ name: key, type: "S" })),
        ...(args.expiryAttribute === undefined ? {} : { ttl: { attributeName: args.expiryAttribute, enabled: true } }),
        pointInTimeRecovery: { enabled: true },
        serverSideEncryption: { enabled: true },
        deletionProtectionEnabled: this.context.protectData,
        tags: this.tags(),
      },
      this.dataOptions(),
    );
    this.nodes = { table };
    this.registerOutputs({ name: table.name, arn: table.arn });
  }

  /** Lets the grantee put items. Action: `dynamodb:PutItem`. */
  grantPut(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-put`, [
      { sid: "PutItems", actions: ["dynamodb:PutItem"], resources: [this.arn] },
    ]);
  }

  /** Lets the grantee read and change single items. Actions: `dynamodb:GetItem`, `dynamodb:UpdateItem`. */
  grantReadUpdate(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-read-update`, [
      { sid: "ReadUpdateItems", actions: ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources: [this.arn] },
    ]);
  }

  /** Reads and writes refused for want of capacity, in each five minutes. */
  metricThrottles(): MetricMath {
    return {
      expression: "FILL(reads, 0) + FILL(writes, 0)",
      using: {
        reads: this.metric("ReadThrottleEvents", "Throttled reads"),
        writes: this.metric("WriteThrottleEvents", "Throttled writes"),
      },
      label: "Throttled requests",
    };
  }

  /** Read capacity used, in units, in each five minutes. */
  metricReads(): Metric {
    return this.metric("ConsumedReadCapacityUnits", "Read units");
  }

  /** Write capacity used, in units, in each five minutes. */
  metricWrites(): Metric {
    return this.metric("ConsumedWriteCapacityUnits", "Write units");
  }

  private metric(name: string, label: string): Metric {
    return {
      namespace: "AWS/DynamoDB",
      name,
      dimensions: { TableName: this.name },
      statistic: "Sum",
      periodSeconds: 300,
      label,
    };
  }
}
