import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { openSession, regionOf } from "../../../automation/lib/session";

/**
 * Deploys to the local AWS what the load test needs of `ollama` and nothing more, in two seconds: a load balancer that wants the key for /api/*,
 * its target groups, the key, and a stack whose outputs name them. Prints the outputs. For the whole system see tests/e2e/ollama.test.ts.
 */
async function main([stackName = "dev", key = "", model = ""]: string[]): Promise<void> {
  const session = await openSession(stackName, { local: true });
  const region = regionOf(session.settings);
  const balancers = new ElasticLoadBalancingV2Client({ region });
  const name = `ollama-alb-${stackName}`;
  const { LoadBalancers } = await balancers.send(new CreateLoadBalancerCommand({ Name: name, Subnets: ["subnet-1"] }));
  const { LoadBalancerArn, DNSName } = LoadBalancers?.[0] ?? {};
  const targetGroup = async (role: string) => {
    const group = new CreateTargetGroupCommand({ Name: `ollama-${role}-${stackName}`, Protocol: "HTTP", Port: 80 });
    return (await balancers.send(group)).TargetGroups?.[0]?.TargetGroupArn;
  };
  const [apiTargetGroupArn, webUiTargetGroupArn] = [await targetGroup("api"), await targetGroup("webui")];
  const { Listeners } = await balancers.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "forward", TargetGroupArn: webUiTargetGroupArn }],
    }),
  );
  const rule = (priority: number, header: boolean) =>
    new CreateRuleCommand({
      ListenerArn: Listeners?.[0]?.ListenerArn,
      Priority: priority,
      Conditions: [
        { Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } },
        ...(header
          ? [
              {
                Field: "http-header",
                HttpHeaderConfig: { HttpHeaderName: "Authorization", Values: [`Bearer ${key}`] },
              },
            ]
          : []),
      ],
      Actions: [
        header
          ? { Type: "forward", TargetGroupArn: apiTargetGroupArn }
          : { Type: "fixed-response", FixedResponseConfig: { StatusCode: "403", MessageBody: "Forbidden" } },
      ],
    });
  await balancers.send(rule(1, true));
  await balancers.send(rule(2, false));
  const apiKeyParameter = `/ollama/api-key-${stackName}`;
  await new SSMClient({ region }).send(
    new PutParameterCommand({ Name: apiKeyParameter, Value: key, Type: "SecureString", Overwrite: true }),
  );
  const ollama = {
    ollamaUrl: `http://${DNSName}`,
    loadBalancerDns: DNSName,
    groupName: `ollama-asg-${stackName}`,
    dashboardUrl: "https://console.aws.amazon.com/cloudwatch/home",
    alarmTopicArn: `arn:aws:sns:${region}:000000000000:ollama-alarms-${stackName}`,
    apiKeyParameter,
    apiTargetGroupArn,
    webUiTargetGroupArn,
    model,
  };
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${stackName}::llm-stacks::${type}::llm-stacks-${stackName}`;
  const now = new Date().toISOString();
  await session.stack.importStack({
    version: 3,
    deployment: {
      manifest: { time: now, magic: "", version: "" },
      resources: [{ urn, custom: false, type, outputs: { ollama } }],
    },
  });
  console.log(JSON.stringify(ollama));
}

void main(process.argv.slice(2));
