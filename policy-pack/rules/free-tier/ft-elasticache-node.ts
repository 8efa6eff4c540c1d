import { z } from "zod";
import { factSetting, firstYear, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { type FreePlan, planSetting } from "../../lib/free-tier/plan";
import { judgeLimit, price, sharesOf } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { type StackResource, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const clusterType = "aws:elasticache/cluster:Cluster";
const groupType = "aws:elasticache/replicationGroup:ReplicationGroup";
const serverlessType = "aws:elasticache/serverlessCache:ServerlessCache";

/**
 * ft-elasticache-node: ElastiCache runs one small node
 *
 * The node type is of the offer, and there is one node in all: shards, replicas and the members of replication groups are
 * counted. Serverless caches are not in the offer. Undefined: passes for the type, which a member has from its group; a
 * group without numbers has one node.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
 */
export const rule = defineRule({
  id: "ft-elasticache-node",
  family: "free-tier",
  title: "ElastiCache runs one small node",
  severity: "medium",
  why: "The offer is one micro node's hours; each replica is a node more, and a serverless cache has a minimum charge.",
  fix: "use one node of type cache.t4g.micro without replicas, or keep the cache on the instance.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html",
  types: [clusterType, groupType, serverlessType],
  settings: z.strictObject({
    plan: planSetting,
    nodeTypes: z
      .array(z.string())
      .default(["cache.t3.micro", "cache.t4g.micro"])
      .describe("Node types that are in the offer"),
    firstYearNodeTypes: z
      .array(z.string())
      .default(["cache.t2.micro", "cache.t3.micro", "cache.t4g.micro"])
      .describe("Node types that are in the offer with the plan legacy12"),
    hours: factSetting(firstYear.cacheHours, "What all nodes may run"),
    hourPrice: factSetting(prices.cacheMicroHour, "What a node costs"),
  }),
  check({ type, props }, report, { plan, nodeTypes, firstYearNodeTypes }) {
    report.when(Truth.of(type === serverlessType), "", "serverless caches are not in the offer");
    const lists: Record<FreePlan, readonly string[]> = {
      credits: nodeTypes,
      legacy12: firstYearNodeTypes,
      "always-free": [],
    };
    const allowed = lists[plan];
    const nodeType = props.at("nodeType");
    const names = allowed.length > 0 ? `the offer has ${allowed.join(", ")}` : "no type is free on this plan";
    const isOther = nodeType.matches((name) => !allowed.includes(String(name)));
    report.when(nodeType.isSet().and(isOther), nodeType, `the node type is ${nodeType.scalar()}, and ${names}`);
  },
  checkStack(stack, report, { plan, hours, hourPrice }) {
    const shares = sharesOf(stack, [clusterType, groupType], (cache) =>
      nodes(cache).times(new Quantity(hoursPerMonth)),
    );
    judgeLimit(report, shares, {
      what: "ElastiCache node hours a month",
      free: hours,
      offer: "first-year",
      plan,
      monthlyPrice: hourPrice,
      priceText: `${price(hourPrice)} an hour`,
    });
  },
});

function nodes(cache: StackResource): Quantity {
  if (cache.type === clusterType) return Quantity.of(written(cache, "numCacheNodes"), 1);
  const perShard = Quantity.of(written(cache, "replicasPerNodeGroup"), 0).plus(new Quantity(1));
  const sharded = Quantity.of(written(cache, "numNodeGroups"), 1).times(perShard);
  const counted = written(cache, "numCacheClusters");
  return counted.isSet().answer === "no" ? sharded : Quantity.of(counted, 1);
}
