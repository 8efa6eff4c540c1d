import type { Truth } from "./truth";
import type { Value } from "./value";

/** Both names of the resource for application, network and gateway load balancers. */
export const loadBalancerTypes = ["aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer"] as const;

/** Both names of the resource for target groups. */
export const targetGroupTypes = ["aws:lb/targetGroup:TargetGroup", "aws:alb/targetGroup:TargetGroup"] as const;

/** Whether a load balancer is an application one, which it is by default. */
export function isApplication(loadBalancer: Value): Truth {
  return loadBalancer.at("loadBalancerType").matches((kind) => kind === undefined || kind === "application");
}
