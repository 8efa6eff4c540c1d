import type { Rule } from "../../lib/rule";
import { rule as logAlarmActions } from "./log-alarm-actions";
import { rule as logAlbAccess } from "./log-alb-access";
import { rule as logApigwAccess } from "./log-apigw-access";
import { rule as logApigwNoDataTrace } from "./log-apigw-no-data-trace";
import { rule as logCfAccess } from "./log-cf-access";
import { rule as logLambdaLogGroup } from "./log-lambda-log-group";
import { rule as logLoggroupRetention } from "./log-loggroup-retention";
import { rule as logRdsExports } from "./log-rds-exports";
import { rule as logVpcFlow } from "./log-vpc-flow";
import { rule as logWaf } from "./log-waf";
import { rule as logXray } from "./log-xray";

/** The rules of the family logging, by id. */
export const rules: readonly Rule[] = [
  logAlarmActions,
  logAlbAccess,
  logApigwAccess,
  logApigwNoDataTrace,
  logCfAccess,
  logLambdaLogGroup,
  logLoggroupRetention,
  logRdsExports,
  logVpcFlow,
  logWaf,
  logXray,
];
