import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";

export interface ApiAccessArgs extends ComponentArgs {
  readonly restApiId: pulumi.Input<string>;
  readonly stageName: pulumi.Input<string>;
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
  /** Requests that each key may make in a period. Default: as many as it wants. */
  readonly quota?: Quota;
  /** The key: 20 to 128 characters, a secret. Default: AWS makes one. */
  readonly keyValue?: pulumi.Output<string>;
}

export const quotaPeriods = ["DAY", "WEEK", "MONTH"] as const;

/** A number of requests; further ones get 429 until the period, which begins at midnight UTC, is over. */
export interface Quota {
  readonly requests: number;
  readonly period: (typeof quotaPeriods)[number];
}

/** An API key with a usage plan that throttles who uses it. Further keys of the plan are made in AWS's console or by its API. */
export class ApiAccess extends Component {
  readonly keyId: pulumi.Output<string>;

  constructor(name: string, args: ApiAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "ApiAccess", name, args, opts);
    const key = new aws.apigateway.ApiKey(
      this.childName("key"),
      {
        name: this.physicalName("apiKey"),
        description: `Calls ${this.logicalName}`,
        value: args.keyValue,
        tags: this.tags(),
      },
      { parent: this, additionalSecretOutputs: ["value"] },
    );
    const plan = new aws.apigateway.UsagePlan(
      this.childName("usage-plan"),
      {
        name: this.physicalName("usagePlan"),
        description: `Throttles the keys of ${this.logicalName}`,
        apiStages: [{ apiId: args.restApiId, stage: args.stageName }],
        throttleSettings: { rateLimit: args.throttle.ratePerSecond, burstLimit: args.throttle.burst },
        ...(args.quota ? { quotaSettings: { limit: args.quota.requests, period: args.quota.period } } : {}),
        tags: this.tags(),
      },
      { parent: this },
    );
    new aws.apigateway.UsagePlanKey(
      this.childName("usage-plan-key"),
      { keyId: key.id, keyType: "API_KEY", usagePlanId: plan.id },
      { parent: this },
    );
    this.keyId = key.id;
    this.registerOutputs({ keyId: this.keyId });
  }
}
