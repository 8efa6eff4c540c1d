/**
 * What a deployment calls, as IAM names it. Taken from what the provider asked of the local AWS in `up` and `down` of dev and
 * staging with all systems, and what it calls beside that for changes of the same resources. Whether AWS asks for more in a
 * first deployment, only a first deployment shows: its error names the action, and this is the place for it.
 */

type Actions = readonly string[];
const of = (service: string, names: string): Actions => names.split(" ").map((name) => `${service}:${name}`);

/** Reading configuration: nothing of what the systems store. AWS can limit few of them to resources. */
export const readActions: Actions = [
  ...of("acm", "DescribeCertificate ListCertificates ListTagsForCertificate"),
  ...of(
    "application-autoscaling",
    "DescribeScalableTargets DescribeScalingPolicies DescribeScheduledActions ListTagsForResource",
  ),
  ...of(
    "autoscaling",
    "DescribeAutoScalingGroups DescribeInstanceRefreshes DescribeLifecycleHooks DescribePolicies DescribeScalingActivities DescribeScheduledActions DescribeTags DescribeWarmPool",
  ),
  ...of("backup", "DescribeBackupVault GetBackupPlan GetBackupSelection GetBackupVaultAccessPolicy ListTags"),
  ...of("budgets", "ViewBudget ListTagsForResource"),
  ...of(
    "cloudfront",
    "GetDistribution GetDistributionConfig GetMonitoringSubscription GetOriginAccessControl GetResponseHeadersPolicy GetCachePolicy GetOriginRequestPolicy ListCachePolicies ListOriginRequestPolicies ListTagsForResource",
  ),
  ...of(
    "cloudwatch",
    "DescribeAlarms GetDashboard GetMetricData GetMetricStatistics ListDashboards ListMetrics ListTagsForResource",
  ),
  ...of("dynamodb", "DescribeContinuousBackups DescribeTable DescribeTimeToLive ListTagsOfResource"),
  ...of(
    "ec2",
    "DescribeAccountAttributes DescribeAddresses DescribeAddressesAttribute DescribeAvailabilityZones DescribeFlowLogs DescribeImages DescribeInstanceAttribute DescribeInstanceTypes DescribeInstances DescribeInternetGateways DescribeKeyPairs DescribeLaunchTemplateVersions DescribeLaunchTemplates DescribeManagedPrefixLists DescribeNatGateways DescribeNetworkAcls DescribeNetworkInterfaces DescribePrefixLists DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeTags DescribeVolumes DescribeVpcAttribute DescribeVpcEndpoints DescribeVpcs GetManagedPrefixListEntries",
  ),
  ...of(
    "elasticache",
    "DescribeCacheClusters DescribeCacheParameterGroups DescribeCacheParameters DescribeCacheSubnetGroups DescribeReplicationGroups ListTagsForResource",
  ),
  ...of(
    "elasticfilesystem",
    "DescribeAccessPoints DescribeBackupPolicy DescribeFileSystemPolicy DescribeFileSystems DescribeLifecycleConfiguration DescribeMountTargetSecurityGroups DescribeMountTargets ListTagsForResource",
  ),
  ...of(
    "elasticloadbalancing",
    "DescribeCapacityReservation DescribeListenerAttributes DescribeListenerCertificates DescribeListeners DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeRules DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth",
  ),
  ...of("events", "DescribeRule ListTagsForResource ListTargetsByRule"),
  ...of("kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListAliases ListKeyPolicies ListResourceTags"),
  ...of(
    "lambda",
    "GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration GetFunctionEventInvokeConfig GetPolicy ListTags ListVersionsByFunction",
  ),
  ...of(
    "logs",
    "DescribeDeliveries DescribeDeliveryDestinations DescribeDeliverySources DescribeLogGroups DescribeLogStreams DescribeMetricFilters DescribeResourcePolicies GetDelivery GetDeliveryDestination GetDeliverySource ListTagsForResource",
  ),
  ...of(
    "rds",
    "DescribeDBInstances DescribeDBParameterGroups DescribeDBParameters DescribeDBSnapshots DescribeDBSubnetGroups ListTagsForResource",
  ),
  ...of("scheduler", "GetSchedule GetScheduleGroup ListTagsForResource"),
  ...of("secretsmanager", "DescribeSecret GetRandomPassword GetResourcePolicy"),
  ...of("sns", "GetSubscriptionAttributes GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource"),
  ...of("sqs", "GetQueueAttributes GetQueueUrl ListQueueTags"),
  ...of("ssm", "DescribeParameters ListTagsForResource"),
  ...of("sts", "GetCallerIdentity"),
  ...of("tag", "GetResources"),
  ...of("wafv2", "GetLoggingConfiguration GetWebACL GetWebACLForResource ListTagsForResource"),
];

/** Changes that AWS can limit by the tags of what is made or changed. */
export const taggedActions: Actions = [
  ...of(
    "ec2",
    "AllocateAddress AssociateAddress AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateFlowLogs CreateInternetGateway CreateLaunchTemplate CreateLaunchTemplateVersion CreateNatGateway CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags CreateVpc CreateVpcEndpoint DeleteFlowLogs DeleteInternetGateway DeleteLaunchTemplate DeleteLaunchTemplateVersions DeleteNatGateway DeleteRoute DeleteRouteTable DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints DetachInternetGateway DisassociateAddress DisassociateRouteTable ModifyInstanceAttribute ModifyInstanceMetadataOptions ModifyLaunchTemplate ModifySecurityGroupRules ModifySubnetAttribute ModifyVpcAttribute ModifyVpcEndpoint ReleaseAddress ReplaceRoute RevokeSecurityGroupEgress RevokeSecurityGroupIngress RunInstances StartInstances StopInstances TerminateInstances",
  ),
  ...of(
    "autoscaling",
    "CreateAutoScalingGroup CreateOrUpdateTags DeleteAutoScalingGroup DeleteLifecycleHook DeletePolicy DeleteScheduledAction DeleteTags DisableMetricsCollection EnableMetricsCollection PutLifecycleHook PutScalingPolicy PutScheduledUpdateGroupAction RollbackInstanceRefresh SetInstanceProtection StartInstanceRefresh CancelInstanceRefresh SuspendProcesses ResumeProcesses UpdateAutoScalingGroup",
  ),
  ...of(
    "elasticloadbalancing",
    "AddTags CreateListener CreateLoadBalancer CreateRule CreateTargetGroup DeleteListener DeleteLoadBalancer DeleteRule DeleteTargetGroup DeregisterTargets ModifyListener ModifyLoadBalancerAttributes ModifyRule ModifyTargetGroup ModifyTargetGroupAttributes RegisterTargets RemoveTags SetSecurityGroups SetSubnets SetWebAcl",
  ),
  ...of(
    "elasticfilesystem",
    "CreateAccessPoint CreateFileSystem CreateMountTarget DeleteAccessPoint DeleteFileSystem DeleteFileSystemPolicy DeleteMountTarget ModifyMountTargetSecurityGroups PutBackupPolicy PutFileSystemPolicy PutLifecycleConfiguration TagResource UntagResource UpdateFileSystem",
  ),
  ...of(
    "rds",
    "AddTagsToResource CreateDBInstance CreateDBParameterGroup CreateDBSnapshot CreateDBSubnetGroup DeleteDBInstance DeleteDBParameterGroup DeleteDBSubnetGroup ModifyDBInstance ModifyDBParameterGroup ModifyDBSubnetGroup RebootDBInstance RemoveTagsFromResource RestoreDBInstanceFromDBSnapshot",
  ),
  ...of(
    "elasticache",
    "AddTagsToResource CreateCacheParameterGroup CreateCacheSubnetGroup CreateReplicationGroup CreateSnapshot DeleteCacheParameterGroup DeleteCacheSubnetGroup DeleteReplicationGroup ModifyCacheParameterGroup ModifyCacheSubnetGroup ModifyReplicationGroup RemoveTagsFromResource",
  ),
  ...of(
    "kms",
    "CreateKey CancelKeyDeletion DisableKey EnableKey EnableKeyRotation PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource UpdateKeyDescription",
  ),
  ...of(
    "cloudfront",
    "CreateDistribution CreateInvalidation DeleteDistribution TagResource UntagResource UpdateDistribution",
  ),
];

/** Changes by the name of what is changed; keys are the services of ARNs. */
export const namedActions = {
  s3Bucket: of(
    "s3",
    "CreateBucket DeleteBucket DeleteBucketPolicy GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket ListBucketVersions PutBucketLogging PutBucketNotification PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration PutMetricsConfiguration",
  ),
  s3Object: of(
    "s3",
    "AbortMultipartUpload DeleteObject DeleteObjectTagging DeleteObjectVersion GetObject GetObjectTagging PutObject PutObjectTagging",
  ),
  dynamodb: of(
    "dynamodb",
    "CreateTable DeleteTable TagResource UntagResource UpdateContinuousBackups UpdateTable UpdateTimeToLive",
  ),
  lambda: of(
    "lambda",
    "AddPermission CreateFunction DeleteFunction DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig InvokeFunction PutFunctionConcurrency PutFunctionEventInvokeConfig RemovePermission TagResource UntagResource UpdateFunctionCode UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig",
  ),
  sqs: of("sqs", "CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue"),
  sns: of("sns", "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource"),
  logs: of(
    "logs",
    "CreateLogGroup DeleteLogGroup DeleteMetricFilter DeleteRetentionPolicy FilterLogEvents GetLogEvents PutMetricFilter PutRetentionPolicy TagResource UntagResource",
  ),
  cloudwatch: of("cloudwatch", "DeleteAlarms DeleteDashboards PutDashboard PutMetricAlarm TagResource UntagResource"),
  events: of("events", "DeleteRule PutRule PutTargets RemoveTargets TagResource UntagResource"),
  scheduler: of(
    "scheduler",
    "CreateSchedule CreateScheduleGroup DeleteSchedule DeleteScheduleGroup TagResource UntagResource UpdateSchedule",
  ),
  budgets: of("budgets", "ModifyBudget TagResource UntagResource"),
  ssm: of("ssm", "AddTagsToResource DeleteParameter GetParameter GetParameters PutParameter RemoveTagsFromResource"),
  secretsmanager: of(
    "secretsmanager",
    "CreateSecret DeleteSecret GetSecretValue PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret",
  ),
  wafv2: of(
    "wafv2",
    "AssociateWebACL CreateWebACL DeleteLoggingConfiguration DeleteWebACL DisassociateWebACL PutLoggingConfiguration TagResource UntagResource UpdateWebACL",
  ),
  backup: of(
    "backup",
    "CreateBackupPlan CreateBackupSelection CreateBackupVault DeleteBackupPlan DeleteBackupSelection DeleteBackupVault StartBackupJob StartRestoreJob TagResource UntagResource UpdateBackupPlan",
  ),
} as const;

/** Of roles and instance profiles, by their names. */
export const iamActions = {
  read: of(
    "iam",
    "GetInstanceProfile GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies",
  ),
  change: of(
    "iam",
    "AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile DeleteRole DeleteRolePolicy RemoveRoleFromInstanceProfile TagInstanceProfile TagRole UntagInstanceProfile UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
  ),
  /** With the boundary of workloads alone. */
  bounded: of("iam", "CreateRole PutRolePermissionsBoundary PutRolePolicy"),
  attach: of("iam", "AttachRolePolicy"),
  detach: of("iam", "DetachRolePolicy"),
} as const;

/** Of what has neither tags nor names of ours: log deliveries, and CloudFront's policies and access controls. By the kind of resource. */
export const kindActions = {
  deliveries: of(
    "logs",
    "CreateDelivery DeleteDelivery DeleteDeliveryDestination DeleteDeliverySource PutDeliveryDestination PutDeliverySource",
  ),
  cloudfront: of(
    "cloudfront",
    "CreateOriginAccessControl CreateResponseHeadersPolicy DeleteOriginAccessControl DeleteResponseHeadersPolicy UpdateOriginAccessControl UpdateResponseHeadersPolicy",
  ),
} as const;

/** That AWS can't limit to resources. */
export const unlimitedActions: Actions = [
  ...of(
    "logs",
    "CreateLogDelivery DeleteLogDelivery DeleteResourcePolicy GetLogDelivery ListLogDeliveries PutResourcePolicy UpdateLogDelivery",
  ),
  ...of("cloudfront", "CreateMonitoringSubscription DeleteMonitoringSubscription"),
];

/**
 * The most that a role of a stack may do: what the components give, and what the managed policies that they attach hold. A new need of a component comes here
 * too; a test compares. Then `./llm bootstrap` again.
 */
export const workloadActions: Actions = [
  ...of(
    "autoscaling",
    "CompleteLifecycleAction DescribeAutoScalingGroups RecordLifecycleActionHeartbeat SetInstanceHealth",
  ),
  ...of("ce", "GetCostAndUsage"),
  ...of("cloudwatch", "DescribeAlarms GetMetricStatistics ListDashboards ListMetrics PutMetricData"),
  ...of(
    "dynamodb",
    "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem DescribeTable GetItem PutItem Query Scan UpdateItem",
  ),
  ...of(
    "ec2",
    "AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface DescribeAddresses DescribeInstances DescribeNetworkInterfaces DescribeSubnets DescribeVolumes UnassignPrivateIpAddresses",
  ),
  ...of("ecr", "BatchCheckLayerAvailability BatchGetImage GetAuthorizationToken GetDownloadUrlForLayer"),
  ...of("elasticfilesystem", "ClientMount ClientRootAccess ClientWrite"),
  ...of("kms", "Decrypt GenerateDataKey"),
  ...of(
    "logs",
    "CreateLogGroup CreateLogStream DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents PutLogEvents",
  ),
  ...of("rds", "DescribeDBInstances"),
  ...of(
    "s3",
    "AbortMultipartUpload DeleteObject GetBucketLocation GetObject GetObjectVersion ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts PutObject",
  ),
  ...of("secretsmanager", "GetSecretValue"),
  ...of("sns", "Publish"),
  ...of("sqs", "ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage SendMessage"),
  ...of("ssm", "GetParameter GetParametersByPath UpdateInstanceInformation"),
  ...of("ssmmessages", "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel"),
  ...of("xray", "PutTelemetryRecords PutTraceSegments"),
];

/** Making images with Packer; instances and images by its tags. */
export const imageActions = {
  read: of(
    "ec2",
    "DescribeImages DescribeInstanceStatus DescribeInstances DescribeLaunchTemplateVersions DescribeRegions DescribeSecurityGroups DescribeSnapshots DescribeSubnets DescribeTags DescribeVolumes DescribeVpcs",
  ),
  tagged: of(
    "ec2",
    "AuthorizeSecurityGroupIngress CreateImage CreateKeyPair CreateSecurityGroup CreateSnapshot CreateTags DeleteKeyPair DeleteSecurityGroup DeleteSnapshot DeregisterImage ModifyInstanceAttribute RunInstances StopInstances TerminateInstances",
  ),
} as const;
