import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { targetOf, testedSystem } from "../../../loadtest/target";

const stackName = fc.stringMatching(/^[a-z][a-z0-9-]{1,12}$/);
const region = fc.constantFrom("us-east-1", "eu-central-1", "ap-southeast-2");
const id = fc.stringMatching(/^[a-z0-9]{8,14}$/);
const model = fc.constantFrom("llama3.2:1b", "phi-3-mini", "gemma3:270m");

/** Outputs of one system as its stack has them, with any names that its stack could give. */
const outputsOf = (system: string) =>
  fc.record({ stackName, region, id, model, keyed: fc.boolean() }).map(({ stackName, region, id, model, keyed }) => ({
    stackName,
    outputs: {
      ollamaUrl: `https://d${id}.cloudfront.net`,
      pageUrl: `https://d${id}.cloudfront.net`,
      apiUrl: `https://${id}.execute-api.${region}.amazonaws.com`,
      loadBalancerDns: `${system}-alb-${stackName}-${id}.${region}.elb.amazonaws.com`,
      groupName: `${system}-asg-${stackName}`,
      dashboardUrl: `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards:name=${system}-${stackName}`,
      alarmTopicArn: `arn:aws:sns:${region}:123456789012:${system}-alarms-${stackName}`,
      targetGroupArn: `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/${system}-engine-${stackName}/${id}`,
      apiTargetGroupArn: `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/${system}-tg-${stackName}/${id}`,
      webUiTargetGroupArn: `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/${system}-web-${stackName}/${id}`,
      listenerPort: 80,
      model,
      ...(keyed ? { apiKeyParameter: `/${system}/api-key-${stackName}` } : {}),
    },
  }));

describe("[ollama P9] Load Test Resource Naming", () => {
  test.prop({ deployed: outputsOf("ollama") })(
    "whatever is asked, named or measured is what the stack's outputs say",
    ({ deployed: { stackName, outputs } }) => {
      const target = targetOf("ollama", stackName, { ollama: outputs, phi3: { ...outputs, groupName: "phi3-asg" } });
      expect(target).toEqual({
        system: "ollama",
        output: "ollamaUrl",
        url: outputs.ollamaUrl,
        model: outputs.model,
        apiKeyParameter: outputs.apiKeyParameter,
        targetGroupArns: [outputs.apiTargetGroupArn, outputs.webUiTargetGroupArn],
        resources: {
          "Load balancer": outputs.loadBalancerDns,
          "Auto Scaling group": outputs.groupName,
          Dashboard: outputs.dashboardUrl,
          "Alarm topic": outputs.alarmTopicArn,
        },
      });
      expect(target.resources["Load balancer"]).toMatch(/^ollama-alb/);
      expect(target.resources["Auto Scaling group"]).toMatch(/^ollama-asg/);
    },
  );

  test.prop({ deployed: outputsOf("ollama"), key: fc.constantFrom("loadBalancerDns", "groupName"), other: id })(
    "a load balancer or a group with another prefix is refused by its output",
    ({ deployed: { stackName, outputs }, key, other }) => {
      const foreign = { ollama: { ...outputs, [key]: `crud-${other}` } };
      expect(() => targetOf("ollama", stackName, foreign)).toThrow(
        `${key} of ollama in stack ${stackName} is "crud-${other}", which is not a name of ollama.`,
      );
    },
  );

  test("no name of a resource, host or region stands in the load test itself", () => {
    const files = readdirSync(join(repoRoot, "loadtest")).filter((file) => /\.(ts|py)$/.test(file));
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) {
      const text = readFileSync(join(repoRoot, "loadtest", file), "utf8");
      expect(text.match(/(ollama|phi3)-[a-z]+|amazonaws\.com|cloudfront\.net|[a-z]{2}-[a-z]+-\d/g), file).toBeNull();
    }
  });
});

describe("targetOf", () => {
  const complete = fc.sample(outputsOf("phi3"), 1)[0];
  const { stackName: stack, outputs } = complete as NonNullable<typeof complete>;

  test("phi3 is asked through CloudFront, or through the HTTP API if told so", () => {
    expect(targetOf("phi3", stack, { phi3: outputs }).url).toBe(outputs.pageUrl);
    expect(targetOf("phi3", stack, { phi3: outputs }, "apiUrl").url).toBe(outputs.apiUrl);
  });

  test("an output without a URL to ask is refused with those that have one", () => {
    expect(() => targetOf("phi3", stack, { phi3: outputs }, "dashboardUrl")).toThrow(
      expect.objectContaining({ exitCode: 2, hint: "Give one of pageUrl, apiUrl." }),
    );
  });

  test("a system that is not deployed is told so, with the command that deploys it", () => {
    expect(() => targetOf("ollama", "dev", { phi3: outputs })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("Stack dev has no complete ollama"),
        hint: "Deploy it: ./llm up dev --systems ollama",
      }),
    );
  });

  test("everything that is missing is told at once", () => {
    const { groupName: _, pageUrl: __, ...rest } = outputs;
    expect(() => targetOf("phi3", stack, { phi3: rest })).toThrow(/groupName: .*pageUrl: /);
  });

  test("systems without a load test are refused with those that have one", () => {
    expect(testedSystem("ollama")).toBe("ollama");
    expect(() => testedSystem("lambda-efs")).toThrow(
      expect.objectContaining({ exitCode: 2, hint: "Systems with one: ollama, phi3." }),
    );
    expect(() => testedSystem("constructor")).toThrow('There is no load test of "constructor".');
  });
});
