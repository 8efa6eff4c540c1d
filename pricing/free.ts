/**
 * Types that cost nothing by themselves, by module: what they bring about is paid for elsewhere (a flow log by its log group, an alarm's action by its topic), or AWS asks
 * nothing for it. Every other type without a price is listed as not priced.
 */
const free: Readonly<Record<string, readonly string[]>> = {
  acm: ["certificate", "certificateValidation"],
  apigateway: [
    ...["account", "apiKey", "authorizer", "deployment", "integration", "integrationResponse", "method"],
    ...["methodResponse", "methodSettings", "requestValidator", "resource", "response", "usagePlan", "usagePlanKey"],
  ],
  apigatewayv2: ["authorizer", "deployment", "integration", "route", "stage", "vpcLink"],
  autoscaling: ["lifecycleHook", "policy", "schedule", "notification"],
  backup: ["plan", "selection", "vault"],
  // Two may act for nothing; ours tell only.
  budgets: ["budget"],
  cloudfront: [
    "cachePolicy",
    "originAccessControl",
    "originAccessIdentity",
    "originRequestPolicy",
    "responseHeadersPolicy",
  ],
  cloudwatch: [
    ...["eventRule", "eventTarget", "eventPermission", "logDelivery", "logDeliveryDestination", "logDeliverySource"],
    ...["logResourcePolicy", "logSubscriptionFilter"],
  ],
  ec2: [
    ...["defaultSecurityGroup", "eipAssociation", "flowLog", "internetGateway", "keyPair", "launchTemplate", "route"],
    ...["routeTable", "routeTableAssociation", "securityGroup", "subnet", "vpc", "vpcEndpointRouteTableAssociation"],
  ],
  efs: ["accessPoint", "fileSystemPolicy", "mountTarget"],
  elasticache: ["parameterGroup", "subnetGroup"],
  iam: ["instanceProfile", "openIdConnectProvider", "policy", "role", "rolePolicy", "rolePolicyAttachment"],
  kms: ["alias"],
  lambda: ["alias", "eventSourceMapping", "functionEventInvokeConfig", "layerVersion", "permission"],
  lb: ["listener", "listenerRule", "targetGroup", "targetGroupAttachment"],
  rds: ["optionGroup", "parameterGroup", "subnetGroup"],
  route53: ["record"],
  s3: [
    ...["bucketCorsConfiguration", "bucketLifecycleConfiguration", "bucketLogging", "bucketNotification"],
    ...["bucketObjectv2", "bucketOwnershipControls", "bucketPolicy", "bucketPublicAccessBlock"],
    ...["bucketServerSideEncryptionConfiguration", "bucketVersioning"],
  ],
  // Fourteen million calls a month cost nothing. Source: https://aws.amazon.com/eventbridge/pricing/
  scheduler: ["schedule", "scheduleGroup"],
  secretsmanager: ["secretPolicy", "secretVersion"],
  sns: ["topicPolicy", "topicSubscription"],
  sqs: ["queuePolicy", "redrivePolicy"],
  vpc: ["securityGroupEgressRule", "securityGroupIngressRule"],
  wafv2: ["webAclAssociation", "webAclLoggingConfiguration"],
};

/** @param type token of Pulumi, such as `aws:iam/role:Role` */
export function costsNothing(type: string): boolean {
  const [, module = "", name = ""] = /^aws:([^/]+)\/([^:]+):/.exec(type) ?? [];
  return free[module]?.includes(name) ?? false;
}
