import type { Rule } from "../../lib/rule";
import { rule as encAcmKey } from "./enc-acm-key";
import { rule as encAlbHttps } from "./enc-alb-https";
import { rule as encAlbTlsPolicy } from "./enc-alb-tls-policy";
import { rule as encApigwCache } from "./enc-apigw-cache";
import { rule as encApigwDomainTls } from "./enc-apigw-domain-tls";
import { rule as encCfMinTls } from "./enc-cf-min-tls";
import { rule as encCfOriginTls } from "./enc-cf-origin-tls";
import { rule as encCfViewerHttps } from "./enc-cf-viewer-https";
import { rule as encDynamodbAtRest } from "./enc-dynamodb-at-rest";
import { rule as encEbsDefault } from "./enc-ebs-default";
import { rule as encEbsVolume } from "./enc-ebs-volume";
import { rule as encEc2BlockDevices } from "./enc-ec2-block-devices";
import { rule as encEfsAtRest } from "./enc-efs-at-rest";
import { rule as encElasticacheAtRest } from "./enc-elasticache-at-rest";
import { rule as encElasticacheAuth } from "./enc-elasticache-auth";
import { rule as encElasticacheInTransit } from "./enc-elasticache-in-transit";
import { rule as encKmsRotation } from "./enc-kms-rotation";
import { rule as encLogsCmk } from "./enc-logs-cmk";
import { rule as encLtBlockDevices } from "./enc-lt-block-devices";
import { rule as encRdsCluster } from "./enc-rds-cluster";
import { rule as encRdsForceTls } from "./enc-rds-force-tls";
import { rule as encRdsInstance } from "./enc-rds-instance";
import { rule as encS3AtRest } from "./enc-s3-at-rest";
import { rule as encS3TlsOnly } from "./enc-s3-tls-only";
import { rule as encSecretCmk } from "./enc-secret-cmk";
import { rule as encSnsAtRest } from "./enc-sns-at-rest";
import { rule as encSqsAtRest } from "./enc-sqs-at-rest";

/** The rules of the family encryption, by id. */
export const rules: readonly Rule[] = [
  encAcmKey,
  encAlbHttps,
  encAlbTlsPolicy,
  encApigwCache,
  encApigwDomainTls,
  encCfMinTls,
  encCfOriginTls,
  encCfViewerHttps,
  encDynamodbAtRest,
  encEbsDefault,
  encEbsVolume,
  encEc2BlockDevices,
  encEfsAtRest,
  encElasticacheAtRest,
  encElasticacheAuth,
  encElasticacheInTransit,
  encKmsRotation,
  encLogsCmk,
  encLtBlockDevices,
  encRdsCluster,
  encRdsForceTls,
  encRdsInstance,
  encS3AtRest,
  encS3TlsOnly,
  encSecretCmk,
  encSnsAtRest,
  encSqsAtRest,
];
