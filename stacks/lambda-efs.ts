import { Bucket } from "../components/data/bucket";
import { RestApi } from "../components/edge/rest-api";
import type { SystemContext } from "../components/lib/context";
import { SecurityGroup } from "../components/network/security-group";
import { Vpc } from "../components/network/vpc";
import { Alarm, type AlarmArgs } from "../components/observability/alarm";
import { AlarmTopic } from "../components/observability/alarm-topic";
import { bundle } from "../components/serverless/bundle";
import { DeadLetterQueue } from "../components/serverless/dead-letter-queue";
import { FileSystem } from "../components/serverless/file-system";
import { LambdaFunction, type LambdaFunctionArgs } from "../components/serverless/lambda-function";
import { type LambdaEfsSettings, lambdaEfsSchema } from "./lambda-efs-settings";
import { defineSystem, type Outputs, type Shared } from "./system";

const mountPath = "/mnt/efs";
const apiKeySecret = "lambdaEfsApiKey";
/** Part of a time-out that, when 95 of 100 runs come near it, is worth a look before runs are cut off. */
const slowShareOfTimeout = 0.8;

/** Producer and consumer functions that share a file system, fed by uploads to a bucket and by a REST API. */
export const lambdaEfs = defineSystem<LambdaEfsSettings>({
  configKey: "lambdaEfs",
  costTier: "pay-per-use",
  restApi: true,
  secretKeys: [apiKeySecret],
  schema: lambdaEfsSchema,
  build,
});

function build(context: SystemContext, settings: LambdaEfsSettings, shared: Shared): Outputs {
  // Independent of all else and the slowest to settle, so first.
  const bucket = new Bucket("lambda-efs-data", { context, prefixes: ["models/", "inputs/", "outputs/"] });
  const failedEvents = new DeadLetterQueue("lambda-efs-failed-events", { context });
  const vpc = new Vpc("lambda-efs-network", {
    context,
    cidr: settings.cidr,
    availabilityZones: settings.availabilityZones,
    ownAccountEndpoints: true,
    flowLogRetentionDays: settings.flowLogs ? settings.logRetentionDays : undefined,
  });
  const clients = new SecurityGroup("lambda-efs-functions", {
    context,
    vpcId: vpc.id,
    description: "Producer and consumer functions",
  });
  clients.allowTo(vpc.gatewayPeer("s3"), 443, "HTTPS to S3 through the gateway endpoint");
  const files = new FileSystem("lambda-efs-files", {
    context,
    vpc,
    rootDirectory: "/lambda",
    backups: settings.backups,
  });

  const common = {
    context,
    network: { subnetIds: vpc.privateSubnetIds, securityGroup: clients },
    mount: { fileSystem: files, path: mountPath },
    logRetentionDays: settings.logRetentionDays,
    tracing: settings.tracing,
    asyncFailures: { queue: failedEvents },
  } satisfies Partial<LambdaFunctionArgs>;
  const environment = {
    EFS_MOUNT_PATH: mountPath,
    S3_BUCKET_NAME: bucket.name,
    ENABLE_S3_ARCHIVE: String(settings.archiveToS3),
    CORS_ALLOW_ORIGIN: settings.api.corsOrigin,
    LOG_LEVEL: settings.logLevel,
  };
  const producer = new LambdaFunction("lambda-efs-producer", {
    ...common,
    ...settings.producer,
    description: "Puts model files from S3 uploads and POST /ingest on the shared file system",
    code: bundle("services/lambda-efs/producer.ts"),
    environment,
  });
  const consumer = new LambdaFunction("lambda-efs-consumer", {
    ...common,
    ...settings.consumer,
    description: "Reads model files from the shared file system for POST /predict",
    code: bundle("services/lambda-efs/consumer.ts"),
    environment,
  });

  bucket.grantRead(producer);
  bucket.grantWrite(producer, "models/");
  bucket.grantReadWriteObjects(consumer, "outputs/");
  bucket.onObjectCreated({ "models/": producer });

  const api = new RestApi("lambda-efs-api", {
    context,
    description: "Ingests files and predicts from them",
    stageName: "prod",
    routes: [
      { method: "POST", path: "/ingest", handler: producer },
      { method: "POST", path: "/predict", handler: consumer },
    ],
    auth: settings.api.auth,
    apiKeyValue: settings.api.auth === "apiKey" ? shared.secret(apiKeySecret) : undefined,
    cors: { origin: settings.api.corsOrigin, headers: ["Content-Type", "X-Amz-Date", "Authorization"] },
    throttle: { ratePerSecond: settings.api.ratePerSecond, burst: settings.api.burst },
    logRetentionDays: settings.logRetentionDays,
    tracing: settings.tracing,
    logging: shared.apiGatewayLogging,
  });

  const topic = new AlarmTopic("lambda-efs-alarms", {
    context,
    encrypted: settings.encryptAlarms,
    email: shared.alarmEmail,
  });
  const alarm = (name: string, what: AlarmSubject) =>
    new Alarm(`lambda-efs-${name}`, {
      context,
      topic,
      runbook: `docs/runbooks/lambda-efs.md#${name}`,
      treatMissingData: "notBreaching",
      ...what,
    });
  watchFunction("producer", producer, alarm);
  watchFunction("consumer", consumer, alarm);
  alarm("failed-events-waiting", {
    metric: failedEvents.metricDepth(),
    description: "Uploads could not be ingested after all retries and wait in the dead-letter queue.",
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 1, breaching: 1 },
  });
  alarm("api-server-errors", {
    metric: api.metricServerErrors(),
    description: "The API answered at least five requests in five minutes with a server error.",
    comparison: ">=",
    threshold: 5,
    periods: { evaluated: 1, breaching: 1 },
  });

  return {
    apiUrl: api.url,
    apiKeyId: api.apiKeyId,
    producerFunctionArn: producer.arn,
    producerFunctionName: producer.name,
    producerLogGroup: producer.logGroupName,
    consumerFunctionArn: consumer.arn,
    consumerFunctionName: consumer.name,
    consumerLogGroup: consumer.logGroupName,
    bucketName: bucket.name,
    fileSystemId: files.id,
    accessPointId: files.accessPointId,
    accessPointArn: files.accessPointArn,
    deadLetterQueueUrl: failedEvents.url,
    alarmTopicArn: topic.arn,
  };
}

type AlarmSubject = Pick<AlarmArgs, "metric" | "description" | "comparison" | "threshold" | "periods">;

function watchFunction(
  name: string,
  watched: LambdaFunction,
  alarm: (name: string, what: AlarmSubject) => Alarm,
): void {
  alarm(`${name}-errors`, {
    metric: watched.metricErrors(),
    description: `The ${name} function failed, timed out or ran out of memory.`,
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 1, breaching: 1 },
  });
  alarm(`${name}-throttles`, {
    metric: watched.metricThrottles(),
    description: `Calls of the ${name} function were refused for want of concurrency.`,
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 3, breaching: 2 },
  });
  alarm(`${name}-slow`, {
    metric: watched.metricDurationP95(),
    description: `The ${name} function runs for most of its time-out; runs will soon be cut off.`,
    comparison: ">",
    threshold: slowShareOfTimeout * watched.timeoutSeconds * 1000,
    periods: { evaluated: 3, breaching: 3 },
  });
}
