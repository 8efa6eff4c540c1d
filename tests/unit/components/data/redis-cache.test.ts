import { describe, expect, test } from "vitest";
import { GeneratedSecret } from "../../../../components/data/generated-secret";
import { RedisCache, type RedisCacheArgs } from "../../../../components/data/redis-cache";
import { devContext, devTags, record, resolved } from "../../../support/mocks";
import { awsAnswers, inTheClear, madeUpSecret, unwrapped } from "../../../support/registered";
import { clientsIn, protectedContext, vpcOf } from "./fixtures";

const make = (args: Partial<RedisCacheArgs> = {}, context = devContext) =>
  new RedisCache("lambda-efs-cache", {
    context,
    vpc: args.vpc ?? vpcOf(context),
    nodeType: "cache.t4g.micro",
    nodes: 1,
    authToken: new GeneratedSecret("lambda-efs-cache-token", { context, description: "Password of Redis" }),
    ...args,
  });
const recorded = <T>(build: () => T) => record(build, { calls: awsAnswers });

describe("a Redis cache", () => {
  test("is encrypted, asks for a password over TLS and is backed up", async () => {
    const { result, recording } = await recorded(() => make());
    const { inputs } = recording.named("lambda-efs-cache-group");
    expect(unwrapped(inputs)).toEqual({
      replicationGroupId: "lambda-efs-cache-dev",
      description: "Redis of lambda-efs",
      engine: "redis",
      engineVersion: "7.1",
      nodeType: "cache.t4g.micro",
      numCacheClusters: 1,
      automaticFailoverEnabled: false,
      multiAzEnabled: false,
      port: 6379,
      subnetGroupName: "lambda-efs-cache-dev",
      securityGroupIds: ["lambda-efs-cache-sg-group-id"],
      atRestEncryptionEnabled: true,
      transitEncryptionEnabled: true,
      authToken: madeUpSecret,
      snapshotRetentionLimit: 1,
      applyImmediately: true,
      tags: devTags("data"),
    });
    expect(JSON.stringify(inTheClear(inputs))).not.toContain(madeUpSecret);
    expect(await resolved(result.url)).toBe("rediss://lambda-efs-cache-group.cache.example.com:6379");
  });

  test("of several nodes fails over between zones, and where data is protected is kept", async () => {
    const { recording } = await recorded(() => make({ nodes: 2, snapshotDays: 7 }, protectedContext));
    const group = recording.named("lambda-efs-cache-group");
    expect(group.protect).toBe(true);
    expect(group.inputs).toMatchObject({
      numCacheClusters: 2,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      snapshotRetentionLimit: 7,
      finalSnapshotIdentifier: "lambda-efs-cache-dev-final",
      applyImmediately: false,
    });
  });

  test("opens its port to those who are let in, on both sides", async () => {
    const { recording } = await recorded(() => {
      const vpc = vpcOf();
      make({ vpc }).allowFrom(clientsIn(vpc), "Limits and breakers");
    });
    expect(recording.named("lambda-efs-cache-sg-from-clients-tcp-6379").inputs).toMatchObject({
      securityGroupId: "lambda-efs-cache-sg-group-id",
      referencedSecurityGroupId: "lambda-efs-clients-group-id",
      fromPort: 6379,
    });
    expect(recording.named("lambda-efs-clients-to-cache-sg-tcp-6379").inputs).toMatchObject({
      referencedSecurityGroupId: "lambda-efs-cache-sg-group-id",
      toPort: 6379,
    });
  });

  test("is measured by the worst of its nodes", async () => {
    const { result } = await recorded(() => make({ nodes: 2 }));
    expect(result.metricMemory()).toEqual({
      expression: "MAX([node1, node2])",
      using: Object.fromEntries(
        ["001", "002"].map((member, index) => [
          `node${index + 1}`,
          {
            namespace: "AWS/ElastiCache",
            name: "DatabaseMemoryUsagePercentage",
            dimensions: { CacheClusterId: `lambda-efs-cache-dev-${member}`, CacheNodeId: "0001" },
            statistic: "Maximum",
            periodSeconds: 60,
          },
        ]),
      ),
      label: "memory in use (%)",
    });
    const others = [
      result.metricCpu(),
      result.metricEvictions(),
      result.metricConnections(),
      result.metricReplicationLag(),
    ];
    expect(others.map(({ using }) => [using["node2"]?.name, using["node2"]?.statistic])).toEqual([
      ["EngineCPUUtilization", "Average"],
      ["Evictions", "Sum"],
      ["CurrConnections", "Maximum"],
      ["ReplicationLag", "Maximum"],
    ]);
  });

  test("is refused with all that ElastiCache would not take, told together", async () => {
    const wrong = { nodeType: "r6g.large", nodes: 7, snapshotDays: 0 };
    await expect(recorded(() => make({ ...wrong, vpc: vpcOf(devContext, 1) }))).rejects.toThrow(
      /4 mistakes[\s\S]*"r6g.large"[\s\S]*nodes: is 7[\s\S]*vpc: has 1[\s\S]*snapshotDays: is 0/,
    );
  });
});
