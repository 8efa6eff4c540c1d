import type { Rule } from "../../lib/rule";
import { rule as relAlbDeletionProtection } from "./rel-alb-deletion-protection";
import { rule as relAsgElbHealth } from "./rel-asg-elb-health";
import { rule as relAsgLaunchTemplate } from "./rel-asg-launch-template";
import { rule as relDynamodbDeletionProtection } from "./rel-dynamodb-deletion-protection";
import { rule as relDynamodbPitr } from "./rel-dynamodb-pitr";
import { rule as relElasticacheBackup } from "./rel-elasticache-backup";
import { rule as relElasticacheFailover } from "./rel-elasticache-failover";
import { rule as relKmsDeletionWindow } from "./rel-kms-deletion-window";
import { rule as relLambdaRuntime } from "./rel-lambda-runtime";
import { rule as relRdsBackup } from "./rel-rds-backup";
import { rule as relRdsDeletionProtection } from "./rel-rds-deletion-protection";
import { rule as relRdsFinalSnapshot } from "./rel-rds-final-snapshot";
import { rule as relRdsMinorUpgrade } from "./rel-rds-minor-upgrade";
import { rule as relRdsMultiAz } from "./rel-rds-multi-az";
import { rule as relS3Lifecycle } from "./rel-s3-lifecycle";
import { rule as relS3Versioning } from "./rel-s3-versioning";
import { rule as relSqsDlq } from "./rel-sqs-dlq";
import { rule as relTgHealthcheck } from "./rel-tg-healthcheck";

/** The rules of the family reliability, by id. */
export const rules: readonly Rule[] = [
  relAlbDeletionProtection,
  relAsgElbHealth,
  relAsgLaunchTemplate,
  relDynamodbDeletionProtection,
  relDynamodbPitr,
  relElasticacheBackup,
  relElasticacheFailover,
  relKmsDeletionWindow,
  relLambdaRuntime,
  relRdsBackup,
  relRdsDeletionProtection,
  relRdsFinalSnapshot,
  relRdsMinorUpgrade,
  relRdsMultiAz,
  relS3Lifecycle,
  relS3Versioning,
  relSqsDlq,
  relTgHealthcheck,
];
