import type { Rule } from "../../lib/rule";
import { rule as lpAlbHardening } from "./lp-alb-hardening";
import { rule as lpApigwAuth } from "./lp-apigw-auth";
import { rule as lpCfOac } from "./lp-cf-oac";
import { rule as lpCorsStar } from "./lp-cors-star";
import { rule as lpDefaultSgClosed } from "./lp-default-sg-closed";
import { rule as lpEc2PublicIp } from "./lp-ec2-public-ip";
import { rule as lpEdgeWaf } from "./lp-edge-waf";
import { rule as lpIamAccessKey } from "./lp-iam-access-key";
import { rule as lpIamActionStar } from "./lp-iam-action-star";
import { rule as lpIamAdminStar } from "./lp-iam-admin-star";
import { rule as lpIamCredExposure } from "./lp-iam-cred-exposure";
import { rule as lpIamDataExfil } from "./lp-iam-data-exfil";
import { rule as lpIamFullIam } from "./lp-iam-full-iam";
import { rule as lpIamKmsDecryptStar } from "./lp-iam-kms-decrypt-star";
import { rule as lpIamManagedAdmin } from "./lp-iam-managed-admin";
import { rule as lpIamNotAction } from "./lp-iam-not-action";
import { rule as lpIamOidcSub } from "./lp-iam-oidc-sub";
import { rule as lpIamPassroleStar } from "./lp-iam-passrole-star";
import { rule as lpIamPermissionsMgmt } from "./lp-iam-permissions-mgmt";
import { rule as lpIamPrivEsc } from "./lp-iam-priv-esc";
import { rule as lpIamResourceStarWrite } from "./lp-iam-resource-star-write";
import { rule as lpIamServiceStar } from "./lp-iam-service-star";
import { rule as lpIamTrustAccountRoot } from "./lp-iam-trust-account-root";
import { rule as lpIamTrustStar } from "./lp-iam-trust-star";
import { rule as lpIamUserDirect } from "./lp-iam-user-direct";
import { rule as lpImdsHopLimit } from "./lp-imds-hop-limit";
import { rule as lpImdsv2 } from "./lp-imdsv2";
import { rule as lpKmsPolicyStar } from "./lp-kms-policy-star";
import { rule as lpLambdaPermPublic } from "./lp-lambda-perm-public";
import { rule as lpLambdaPermSource } from "./lp-lambda-perm-source";
import { rule as lpLambdaUrlAuth } from "./lp-lambda-url-auth";
import { rule as lpNaclAdminPorts } from "./lp-nacl-admin-ports";
import { rule as lpQueueTopicPublic } from "./lp-queue-topic-public";
import { rule as lpRdsManagedPassword } from "./lp-rds-managed-password";
import { rule as lpRdsPublic } from "./lp-rds-public";
import { rule as lpResourcePolicyPublic } from "./lp-resource-policy-public";
import { rule as lpS3Acl } from "./lp-s3-acl";
import { rule as lpS3AclDisabled } from "./lp-s3-acl-disabled";
import { rule as lpS3BpaFlags } from "./lp-s3-bpa-flags";
import { rule as lpS3BpaPresent } from "./lp-s3-bpa-present";
import { rule as lpS3PolicyAnyPrincipal } from "./lp-s3-policy-any-principal";
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
  lpCorsStar,
  lpDefaultSgClosed,
  lpEc2PublicIp,
  lpEdgeWaf,
  lpIamAccessKey,
  lpIamActionStar,
  lpIamAdminStar,
  lpIamCredExposure,
  lpIamDataExfil,
  lpIamFullIam,
  lpIamKmsDecryptStar,
  lpIamManagedAdmin,
  lpIamNotAction,
  lpIamOidcSub,
  lpIamPassroleStar,
  lpIamPermissionsMgmt,
  lpIamPrivEsc,
  lpIamResourceStarWrite,
  lpIamServiceStar,
  lpIamTrustAccountRoot,
  lpIamTrustStar,
  lpIamUserDirect,
  lpImdsHopLimit,
  lpImdsv2,
  lpKmsPolicyStar,
  lpLambdaPermPublic,
  lpLambdaPermSource,
  lpLambdaUrlAuth,
  lpNaclAdminPorts,
  lpQueueTopicPublic,
  lpRdsManagedPassword,
  lpRdsPublic,
  lpResourcePolicyPublic,
  lpS3Acl,
  lpS3AclDisabled,
  lpS3BpaFlags,
  lpS3BpaPresent,
  lpS3PolicyAnyPrincipal,
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
