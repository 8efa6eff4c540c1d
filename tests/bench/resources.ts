import type { Json, Resource } from "../support/policy-harness";

const account = "111122223333";
const tags = {
  Project: "shop",
  Environment: "prod",
  System: "web",
  ManagedBy: "pulumi",
  Service: "orders",
  CostTier: "low",
};
const tagged = { tags, tagsAll: tags };

/** A stack of `count` resources: services of 25 resources each, as an update shows them when their documents are known. */
export function resourcesOf(count: number): readonly Resource[] {
  const services = Array.from({ length: Math.ceil(count / service(0).length) }, (_, index) => service(index));
  return services.flat().slice(0, count);
}

function service(index: number): readonly Resource[] {
  const at = (role: string) => `orders-${index}-${role}`;
  const bucketArn = `arn:aws:s3:::${at("files")}`;
  const queueArn = `arn:aws:sqs:us-east-1:${account}:${at("jobs")}`;
  const cidr = `10.${index % 250}.0.0/24`;
  const resource = (
    type: string,
    role: string,
    props: Readonly<Record<string, Json>>,
    from: Readonly<Record<string, readonly string[]>> = {},
  ): Resource => ({ type: `aws:${type}`, name: at(role), props, from });

  return [
    resource("s3/bucket:Bucket", "files", { bucket: at("files"), ...tagged }),
    resource(
      "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
      "files-block",
      {
        bucket: at("files"),
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      { bucket: [at("files")] },
    ),
    resource(
      "s3/bucketPolicy:BucketPolicy",
      "files-policy",
      { bucket: at("files"), policy: tlsOnly(bucketArn) },
      { bucket: [at("files")] },
    ),
    resource(
      "s3/bucketVersioning:BucketVersioning",
      "files-versions",
      { bucket: at("files"), versioningConfiguration: { status: "Enabled" } },
      { bucket: [at("files")] },
    ),
    resource("kms/key:Key", "key", { enableKeyRotation: true, deletionWindowInDays: 30, ...tagged }),
    resource("sqs/queue:Queue", "jobs", {
      name: at("jobs"),
      sqsManagedSseEnabled: true,
      redrivePolicy: JSON.stringify({ deadLetterTargetArn: `${queueArn}-dead`, maxReceiveCount: 5 }),
      ...tagged,
    }),
    resource("sqs/queuePolicy:QueuePolicy", "jobs-policy", {
      queueUrl: `https://sqs.us-east-1.amazonaws.com/${account}/${at("jobs")}`,
      policy: document({
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queueArn,
        Condition: { ArnEquals: { "aws:SourceArn": bucketArn } },
      }),
    }),
    resource("sns/topic:Topic", "alarms", { kmsMasterKeyId: "alias/aws/sns", ...tagged }),
    resource("iam/role:Role", "role", {
      assumeRolePolicy: document({
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
      ...tagged,
    }),
    resource("iam/rolePolicy:RolePolicy", "role-policy", {
      role: at("role"),
      policy: document(
        { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: `${bucketArn}/*` },
        { Effect: "Allow", Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource: queueArn },
        { Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" },
      ),
    }),
    resource("iam/rolePolicyAttachment:RolePolicyAttachment", "role-logs", {
      role: at("role"),
      policyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    }),
    resource("cloudwatch/logGroup:LogGroup", "log", {
      name: `/aws/lambda/${at("worker")}`,
      retentionInDays: 30,
      ...tagged,
    }),
    resource("lambda/function:Function", "worker", {
      name: at("worker"),
      runtime: "nodejs22.x",
      memorySize: 512,
      timeout: 30,
      environment: { variables: { QUEUE: at("jobs"), LOG_LEVEL: "info" } },
      tracingConfig: { mode: "Active" },
      loggingConfig: { logFormat: "JSON", logGroup: `/aws/lambda/${at("worker")}` },
      ...tagged,
    }),
    resource("lambda/permission:Permission", "worker-permission", {
      function: at("worker"),
      action: "lambda:InvokeFunction",
      principal: "s3.amazonaws.com",
      sourceArn: bucketArn,
      sourceAccount: account,
    }),
    resource("ec2/subnet:Subnet", "subnet", { vpcId: "vpc-1", cidrBlock: cidr, mapPublicIpOnLaunch: false, ...tagged }),
    resource("ec2/securityGroup:SecurityGroup", "group", {
      vpcId: "vpc-1",
      description: "Workers",
      ingress: [
        { protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: [cidr], description: "TLS from the subnet" },
      ],
      ...tagged,
    }),
    resource("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "group-in", {
      securityGroupId: "sg-1",
      ipProtocol: "tcp",
      fromPort: 9090,
      toPort: 9090,
      referencedSecurityGroupId: "sg-2",
      description: "From the load balancer",
      ...tagged,
    }),
    resource("ec2/launchTemplate:LaunchTemplate", "template", {
      imageId: "ami-1",
      instanceType: "m7i.large",
      userData: Buffer.from(script(index)).toString("base64"),
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { encrypted: "true", volumeType: "gp3", volumeSize: 30 } }],
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
      ...tagged,
    }),
    resource("autoscaling/group:Group", "fleet", {
      minSize: 1,
      maxSize: 4,
      healthCheckType: "ELB",
      launchTemplate: { id: "lt-1", version: "1" },
      vpcZoneIdentifiers: ["subnet-1", "subnet-2"],
      targetGroupArns: [`arn:aws:elasticloadbalancing:us-east-1:${account}:targetgroup/${at("targets")}/1`],
      tags: Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
    }),
    resource("lb/loadBalancer:LoadBalancer", "balancer", {
      internal: false,
      loadBalancerType: "application",
      dropInvalidHeaderFields: true,
      enableDeletionProtection: true,
      accessLogs: { bucket: at("files"), enabled: true },
      subnets: ["subnet-1", "subnet-2"],
      ...tagged,
    }),
    resource("lb/targetGroup:TargetGroup", "targets", {
      port: 9090,
      protocol: "HTTP",
      healthCheck: { path: "/health", enabled: true },
      ...tagged,
    }),
    resource("lb/listener:Listener", "listener", {
      port: 443,
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "403" } }],
      ...tagged,
    }),
    resource("dynamodb/table:Table", "orders", {
      billingMode: "PAY_PER_REQUEST",
      deletionProtectionEnabled: true,
      pointInTimeRecovery: { enabled: true },
      ...tagged,
    }),
    resource("cloudwatch/metricAlarm:MetricAlarm", "errors", {
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 1,
      threshold: 0,
      alarmActions: [`arn:aws:sns:us-east-1:${account}:${at("alarms")}`],
      ...tagged,
    }),
    resource("rds/instance:Instance", "database", {
      instanceClass: "db.t4g.micro",
      engine: "postgres",
      engineVersion: "17.6",
      allocatedStorage: 20,
      storageEncrypted: true,
      multiAz: true,
      backupRetentionPeriod: 7,
      deletionProtection: true,
      manageMasterUserPassword: true,
      enabledCloudwatchLogsExports: ["postgresql"],
      copyTagsToSnapshot: true,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: at("last"),
      ...tagged,
    }),
  ];
}

function document(...statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function tlsOnly(bucketArn: string): string {
  return document({
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  });
}

function script(index: number): string {
  const lines = Array.from({ length: 40 }, (_, line) => `systemctl restart part-${line}.service  # of ${index}`);
  return ["#!/bin/bash", "set -euo pipefail", ...lines].join("\n");
}
