import type { Truth } from "./truth";
import type { Value } from "./value";

export const instanceType = "aws:rds/instance:Instance";
export const clusterType = "aws:rds/cluster:Cluster";
export const clusterInstanceType = "aws:rds/clusterInstance:ClusterInstance";

/** Whether an RDS instance is a read replica, which has its data, and much of its settings, from another. */
export function isReplica(instance: Value): Truth {
  return instance.at("replicateSourceDb").hasContent();
}
