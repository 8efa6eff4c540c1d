import type { Rule } from "../../lib/rule";
import { rule as ftAcmExport } from "./ft-acm-export";
import { rule as ftAlb } from "./ft-alb";
import { rule as ftApigw } from "./ft-apigw";
import { rule as ftBudgetPresent } from "./ft-budget-present";
import { rule as ftCloudfront } from "./ft-cloudfront";
import { rule as ftCloudwatchCounts } from "./ft-cloudwatch-counts";
import { rule as ftDynamodbCapacity } from "./ft-dynamodb-capacity";
import { rule as ftEbsTotal } from "./ft-ebs-total";
import { rule as ftEc2Credits } from "./ft-ec2-credits";
import { rule as ftEc2Hours } from "./ft-ec2-hours";
import { rule as ftEc2Monitoring } from "./ft-ec2-monitoring";
import { rule as ftEc2Type } from "./ft-ec2-type";
import { rule as ftEfs } from "./ft-efs";
import { rule as ftElasticacheNode } from "./ft-elasticache-node";
import { rule as ftInterfaceEndpoint } from "./ft-interface-endpoint";
import { rule as ftKmsCmk } from "./ft-kms-cmk";
import { rule as ftLambdaShape } from "./ft-lambda-shape";
import { rule as ftNatGateway } from "./ft-nat-gateway";
import { rule as ftPublicIpv4 } from "./ft-public-ipv4";
import { rule as ftRdsExtendedSupport } from "./ft-rds-extended-support";
import { rule as ftRdsShape } from "./ft-rds-shape";
import { rule as ftRdsStorage } from "./ft-rds-storage";
import { rule as ftSecrets } from "./ft-secrets";
import { rule as ftWaf } from "./ft-waf";

/** The rules of the family free-tier, by id. */
export const rules: readonly Rule[] = [
  ftAcmExport,
  ftAlb,
  ftApigw,
  ftBudgetPresent,
  ftCloudfront,
  ftCloudwatchCounts,
  ftDynamodbCapacity,
  ftEbsTotal,
  ftEc2Credits,
  ftEc2Hours,
  ftEc2Monitoring,
  ftEc2Type,
  ftEfs,
  ftElasticacheNode,
  ftInterfaceEndpoint,
  ftKmsCmk,
  ftLambdaShape,
  ftNatGateway,
  ftPublicIpv4,
  ftRdsExtendedSupport,
  ftRdsShape,
  ftRdsStorage,
  ftSecrets,
  ftWaf,
];
