import { arnOf, type SystemContext } from "../lib/context";
import type { PlainStatement } from "../lib/iam";
import type { FleetArgs } from "./fleet-args";

/** What every instance of a fleet may do, by purpose. All of it is known at preview. */
export function fleetStatements(
  context: SystemContext,
  groupName: string,
  { telemetry, imageRepository }: Pick<FleetArgs, "telemetry" | "imageRepository">,
): Readonly<Record<string, readonly PlainStatement[]>> {
  return {
    "session-manager": sessionManager(context),
    telemetry: sendTelemetry(context, telemetry),
    "own-lifecycle": [ownLifecycle(context, groupName)],
    ...(imageRepository === undefined ? {} : { "pull-images": pullImages(context, imageRepository) }),
  };
}

/**
 * The least that Session Manager needs. AWS's own policy, AmazonSSMManagedInstanceCore, also reads every parameter of the account.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 */
export function sessionManager(context: SystemContext): PlainStatement[] {
  return [
    {
      sid: "Register",
      actions: ["ssm:UpdateInstanceInformation"],
      resources: [arnOf(context, "ec2", "instance/*")],
    },
    {
      sid: "OpenSessions",
      actions: [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      resources: ["*"],
      anyResourceBecause: "Session Manager's channels have no resource-level permission",
    },
  ];
}

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/create-iam-roles-for-cloudwatch-agent.html */
export function sendTelemetry(
  context: SystemContext,
  { namespace, logGroups }: FleetArgs["telemetry"],
): PlainStatement[] {
  return [
    {
      sid: "SendMetrics",
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      anyResourceBecause: "metrics have no resource-level permission; the condition narrows it to one namespace",
      conditions: { StringEquals: { "cloudwatch:namespace": namespace } },
    },
    ...(logGroups.length === 0
      ? []
      : [
          {
            sid: "WriteLogs",
            actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources: logGroups.map((name) => `${arnOf(context, "logs", `log-group:${name}`)}:*`),
          },
        ]),
  ];
}

/** What an instance may say of itself to its group. The `*` stands for an id that AWS gives to the group when it is made. */
function ownLifecycle(context: SystemContext, groupName: string): PlainStatement {
  return {
    sid: "ReportToOwnGroup",
    actions: [
      "autoscaling:CompleteLifecycleAction",
      "autoscaling:RecordLifecycleActionHeartbeat",
      "autoscaling:SetInstanceHealth",
    ],
    resources: [arnOf(context, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${groupName}`)],
  };
}

/** Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html */
function pullImages(context: SystemContext, repository: string): PlainStatement[] {
  return [
    {
      sid: "LogInToRegistry",
      actions: ["ecr:GetAuthorizationToken"],
      resources: ["*"],
      anyResourceBecause: "the registry's token has no resource-level permission",
    },
    {
      sid: "PullImages",
      actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      resources: [arnOf(context, "ecr", `repository/${repository}`)],
    },
  ];
}
