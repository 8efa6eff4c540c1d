import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { Grantee, Statement } from "../lib/iam";
import type { LogRetentionDays } from "../lib/log-retention";
import { ServiceRole } from "../lib/service-role";
import { wholeNumber } from "../lib/validation";
import type { SecurityGroup } from "../network/security-group";
import type { Metric } from "../observability/metric";
import { bundleHandler } from "./bundle";
import type { DeadLetterQueue } from "./dead-letter-queue";
import type { FileSystem, Mount } from "./file-system";

export interface LambdaFunctionArgs extends ComponentArgs {
  readonly description: string;
  /** Archive with `index.js`; see `bundle`. */
  readonly code: pulumi.asset.Archive;
  /** 128 to 10,240 MB. CPU grows with it: one vCPU at 1,769 MB. */
  readonly memoryMb: number;
  /** 1 to 900 s. */
  readonly timeoutSeconds: number;
  /** No secrets: anyone who may read the function's configuration sees them. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Where the function's network interfaces stand. Default: outside of any VPC, with the internet in reach and nothing private. */
  readonly network?: { readonly subnetIds: readonly pulumi.Input<string>[]; readonly securityGroup: SecurityGroup };
  /** File system and where the function sees it, `/mnt/` and a name; needs `network`. Default none. */
  readonly mount?: { readonly fileSystem: FileSystem; readonly path: string };
  readonly logRetentionDays: LogRetentionDays;
  /** Trace sampled requests with X-Ray. Default true. Works without a way out of the VPC: Lambda runs the daemon outside of it. */
  readonly tracing?: boolean;
  /** Concurrent runs kept for this function and also its most. Default: it shares the account's. */
  readonly reservedConcurrency?: number;
  /** What happens to events of S3 and other asynchronous callers that fail. Default: nothing, for functions whose callers wait for the answer. */
  readonly asyncFailures?: {
    readonly queue: DeadLetterQueue;
    /** 0 to 2. Default 2. */
    readonly retries?: number;
    /** 60 to 21,600 s. Default 21,600 (6 h). */
    readonly maxAgeSeconds?: number;
  };
}

/** Invoked by an AWS service. */
export interface Caller {
  /** Service, such as `s3.amazonaws.com`. */
  readonly principal: string;
  readonly sourceArn: pulumi.Input<string>;
  /** For sources whose ARN does not hold the account, such as buckets. */
  readonly sourceAccount?: string;
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const limits = { memoryMb: [128, 10_240], timeoutSeconds: [1, 900] } as const;
const runtime = aws.lambda.Runtime.NodeJS22dX;

/**
 * A Lambda function (Node.js 22, arm64) with a role and a log group; in a VPC and with a queue for events it failed on where asked.
 *
 * Cost: $0.20 per million requests and $0.0000133334 per GB-second (arm64, us-east-1), after 1 million requests and 400,000 GB-seconds free each month.
 * Logs $0.50 per GB.
 */
export class LambdaFunction extends Component implements Grantee {
  /** Known at preview. */
  readonly name: string;
  readonly arn: pulumi.Output<string>;
  readonly invokeArn: pulumi.Output<string>;
  readonly logGroupName: string;
  readonly timeoutSeconds: number;
  readonly nodes: { readonly function: aws.lambda.Function; readonly role: ServiceRole };

  constructor(name: string, args: LambdaFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("serverless", "LambdaFunction", name, args, opts);
    this.checkArgs(args);
    this.name = this.physicalName("lambdaFunction");
    this.logGroupName = `/aws/lambda/${this.name}`;
    this.timeoutSeconds = args.timeoutSeconds;
    const logGroup = this.createLogGroup(args.logRetentionDays);
    const role = this.createRole(args);
    const mount =
      args.mount && args.network
        ? args.mount.fileSystem.grantMount({ grantee: role, securityGroup: args.network.securityGroup })
        : undefined;
    const lambda = this.createFunction(args, role, logGroup, mount);
    this.nodes = { function: lambda, role };
    this.arn = lambda.arn;
    this.invokeArn = lambda.invokeArn;
    if (args.asyncFailures) this.handleFailures(args.asyncFailures);
    this.registerOutputs({ arn: this.arn });
  }

  /** @inheritdoc */
  allow(purpose: string, statements: readonly Statement[]): pulumi.Resource {
    return this.nodes.role.allow(purpose, statements);
  }

  /**
   * Lets an AWS service invoke the function. Action: `lambda:InvokeFunction`, for that source only.
   * @param from names the caller, such as `api-ingest`; unique for this function
   */
  allowInvoke(from: string, caller: Caller): aws.lambda.Permission {
    return new aws.lambda.Permission(
      this.childName(`invoked-by-${from}`),
      { action: "lambda:InvokeFunction", function: this.nodes.function.name, ...caller },
      { parent: this },
    );
  }

  /** Invocations that failed, in each five minutes. */
  metricErrors(): Metric {
    return this.metric("Errors", { statistic: "Sum" });
  }

  /** Invocations refused for want of concurrency, in each five minutes. */
  metricThrottles(): Metric {
    return this.metric("Throttles", { statistic: "Sum" });
  }

  /** The time in ms that 95 of 100 invocations stay under, in each five minutes. */
  metricDurationP95(): Metric {
    return this.metric("Duration", { extendedStatistic: "p95" });
  }

  private metric(name: string, statistic: Pick<Metric, "statistic" | "extendedStatistic">): Metric {
    return { namespace: "AWS/Lambda", name, dimensions: { FunctionName: this.name }, periodSeconds: 300, ...statistic };
  }

  private checkArgs(args: LambdaFunctionArgs): void {
    const { retries = 2, maxAgeSeconds = 21_600 } = args.asyncFailures ?? {};
    this.check([
      wholeNumber("memoryMb", args.memoryMb, ...limits.memoryMb, "MB"),
      wholeNumber("timeoutSeconds", args.timeoutSeconds, ...limits.timeoutSeconds, "seconds"),
      wholeNumber("asyncFailures.retries", retries, 0, 2, "times"),
      wholeNumber("asyncFailures.maxAgeSeconds", maxAgeSeconds, 60, 21_600, "seconds"),
      wholeNumber("reservedConcurrency", args.reservedConcurrency ?? 0, 0, 100_000, "runs at once"),
      {
        path: "mount.path",
        ok: args.mount === undefined || /^\/mnt\/[A-Za-z0-9_.-]+$/.test(args.mount.path),
        message: `is "${args.mount?.path}"; Lambda takes /mnt/ and one name, such as /mnt/efs.`,
      },
      {
        path: "network",
        ok: args.mount === undefined || args.network !== undefined,
        message: "is not given, but file systems are mounted over a VPC; give subnets and a security group.",
      },
    ]);
  }

  private createLogGroup(retentionInDays: LogRetentionDays): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      this.childName("log-group"),
      { name: this.logGroupName, retentionInDays, tags: this.tags() },
      { parent: this },
    );
  }

  private createRole(args: LambdaFunctionArgs): ServiceRole {
    const role = new ServiceRole(
      this.childName("execution"),
      {
        ...this.inherited(),
        trusts: "lambda.amazonaws.com",
        description: `Runs ${this.name}`,
        managedPolicies: args.network ? ["service-role/AWSLambdaVPCAccessExecutionRole"] : [],
      },
      { parent: this },
    );
    role.allow("own-logs", [
      {
        sid: "WriteOwnLogs",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [`${arnOf(this.context, "logs", `log-group:${this.logGroupName}`)}:*`],
      },
    ]);
    if (args.network) role.allow("no-network-calls", [this.denyNetworkCallsToCode()]);
    args.asyncFailures?.queue.grantSend(role);
    if (args.tracing ?? true) {
      role.allow("tracing", [
        {
          sid: "SendTraces",
          actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
          resources: ["*"],
          anyResourceBecause: "X-Ray has no resource-level permission for these actions",
        },
      ]);
    }
    return role;
  }

  /**
   * The managed policy lets the role manage network interfaces, which Lambda needs to place the function. This keeps that from the function's own code.
   * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (Security best practices)
   */
  private denyNetworkCallsToCode(): Statement {
    return {
      sid: "DenyNetworkCallsToCode",
      effect: "Deny",
      actions: [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DetachNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ],
      resources: ["*"],
      conditions: { ArnEquals: { "lambda:SourceFunctionArn": arnOf(this.context, "lambda", `function:${this.name}`) } },
    };
  }

  private createFunction(
    args: LambdaFunctionArgs,
    role: ServiceRole,
    logGroup: aws.cloudwatch.LogGroup,
    mount: Mount | undefined,
  ): aws.lambda.Function {
    return new aws.lambda.Function(
      this.childName("function"),
      {
        name: this.name,
        description: args.description,
        runtime,
        architectures: ["arm64"],
        handler: bundleHandler,
        code: args.code,
        role: role.arn,
        memorySize: args.memoryMb,
        timeout: args.timeoutSeconds,
        reservedConcurrentExecutions: args.reservedConcurrency,
        environment: { variables: { ...args.environment } },
        ...(args.network
          ? { vpcConfig: { subnetIds: [...args.network.subnetIds], securityGroupIds: [args.network.securityGroup.id] } }
          : {}),
        ...(args.mount && mount
          ? { fileSystemConfig: { arn: mount.accessPointArn, localMountPath: args.mount.path } }
          : {}),
        loggingConfig: { logFormat: "JSON", logGroup: logGroup.name },
        tracingConfig: { mode: (args.tracing ?? true) ? "Active" : "PassThrough" },
        tags: this.tags(),
      },
      { parent: this, dependsOn: [...role.permissions, ...(mount?.dependencies ?? [])] },
    );
  }

  private handleFailures({
    queue,
    retries = 2,
    maxAgeSeconds = 21_600,
  }: NonNullable<LambdaFunctionArgs["asyncFailures"]>): void {
    new aws.lambda.FunctionEventInvokeConfig(
      this.childName("async-failures"),
      {
        functionName: this.nodes.function.name,
        maximumRetryAttempts: retries,
        maximumEventAgeInSeconds: maxAgeSeconds,
        // The queue's own ARN, not the one built from its name: AWS checks that the queue exists.
        destinationConfig: { onFailure: { destination: queue.nodes.queue.arn } },
      },
      { parent: this },
    );
  }
}
