import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";

const here = "127.0.0.1";

export interface Behind {
  /** Of the local AWS: of instance targets, only its load balancers take an address for an id. */
  readonly endpoint: string;
  readonly region: string;
  readonly targetGroupArns: readonly string[];
  /** Port on this machine. */
  readonly port: number;
}

/**
 * Makes a server on this machine the only target of target groups of the local AWS while `action` runs, so that requests come to it by the
 * deployed listeners and rules. What was registered before, such as a server of a run that was killed, is withdrawn.
 *
 * @throws Error when a target group is not there
 */
export async function serveBehind<T>(options: Behind, action: () => Promise<T>): Promise<T> {
  const { endpoint, region, targetGroupArns, port } = options;
  const client = new ElasticLoadBalancingV2Client({
    endpoint,
    region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const own = [{ Id: here, Port: port }];
  try {
    for (const TargetGroupArn of targetGroupArns) {
      const { TargetHealthDescriptions = [] } = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
      const before = TargetHealthDescriptions.flatMap(({ Target }) => (Target?.Id ? [{ Id: Target.Id }] : []));
      if (before.length > 0) await client.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: before }));
      await client.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: own }));
    }
    return await action();
  } finally {
    for (const TargetGroupArn of targetGroupArns) {
      await client.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: own }));
    }
    client.destroy();
  }
}
