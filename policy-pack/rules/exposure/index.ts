import type { Rule } from "../../lib/rule";
import { rule as lpAlbHardening } from "./lp-alb-hardening";
import { rule as lpApigwAuth } from "./lp-apigw-auth";
import { rule as lpCfOac } from "./lp-cf-oac";
import { rule as lpDefaultSgClosed } from "./lp-default-sg-closed";
import { rule as lpEc2PublicIp } from "./lp-ec2-public-ip";
import { rule as lpEdgeWaf } from "./lp-edge-waf";
import { rule as lpIamAdminStar } from "./lp-iam-admin-star";
import { rule as lpIamDataExfil } from "./lp-iam-data-exfil";
import { rule as lpIamResourceStarWrite } from "./lp-iam-resource-star-write";
import { rule as lpImdsHopLimit } from "./lp-imds-hop-limit";
import { rule as lpImdsv2 } from "./lp-imdsv2";
import { rule as lpLambdaPermSource } from "./lp-lambda-perm-source";
import { rule as lpNaclAdminPorts } from "./lp-nacl-admin-ports";
import { rule as lpRdsPublic } from "./lp-rds-public";
import { rule as lpS3BpaPresent } from "./lp-s3-bpa-present";
import { rule as lpSgDescription } from "./lp-sg-description";
import { rule as lpSgEgressAny } from "./lp-sg-egress-any";
import { rule as lpSgHighRiskPorts } from "./lp-sg-high-risk-ports";
import { rule as lpSgRdpOpen } from "./lp-sg-rdp-open";
import { rule as lpSgSshOpen } from "./lp-sg-ssh-open";
import { rule as lpSgUnrestrictedPorts } from "./lp-sg-unrestricted-ports";
import { rule as lpSubnetAutoPublicIp } from "./lp-subnet-auto-public-ip";
import { rule as lpUserDataSecrets } from "./lp-user-data-secrets";
import { rule as lpWafRules } from "./lp-waf-rules";

/** The rules of the family exposure, by id. */
export const rules: readonly Rule[] = [
  lpAlbHardening,
  lpApigwAuth,
  lpCfOac,
  lpDefaultSgClosed,
  lpEc2PublicIp,
  lpEdgeWaf,
  lpIamAdminStar,
  lpIamDataExfil,
  lpIamResourceStarWrite,
  lpImdsHopLimit,
  lpImdsv2,
  lpLambdaPermSource,
  lpNaclAdminPorts,
  lpRdsPublic,
  lpS3BpaPresent,
  lpSgDescription,
  lpSgEgressAny,
  lpSgHighRiskPorts,
  lpSgRdpOpen,
  lpSgSshOpen,
  lpSgUnrestrictedPorts,
  lpSubnetAutoPublicIp,
  lpUserDataSecrets,
  lpWafRules,
];
