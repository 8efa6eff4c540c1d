import type { ResourceView } from "./rule";
import { Truth } from "./truth";

export const replicationGroupType = "aws:elasticache/replicationGroup:ReplicationGroup";
export const cacheClusterType = "aws:elasticache/cluster:Cluster";
export const serverlessCacheType = "aws:elasticache/serverlessCache:ServerlessCache";

/** Whether a cache keeps data of its own: not Memcached, and no node of a replication group, which is judged itself. */
export function keepsData({ type, props }: ResourceView): Truth {
  if (type === replicationGroupType) return Truth.yes;
  return props.at("engine").equals("memcached").or(props.at("replicationGroupId").hasContent()).not();
}
