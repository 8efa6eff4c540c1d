import type * as aws from "@pulumi/aws";
import { isNamePart } from "../lib/names";
import { type Check, wholeNumber } from "../lib/validation";
import { ruleChecks, type TargetRule } from "./listener-conditions";

export interface TargetArgs {
  /** TCP port of the targets, which speak HTTP. */
  readonly port: number;
  readonly health: {
    /** Must fail when the application can't work, such as `/health`. */
    readonly path: string;
    /** 5 to 300. Default 30. */
    readonly intervalSeconds?: number;
    /** 2 to 120, less than the interval. Default 5. */
    readonly timeoutSeconds?: number;
    /** Checks in a row that make a target healthy, 2 to 10. Default 2. */
    readonly healthyThreshold?: number;
    /** Failed checks in a row that take a target out, 2 to 10. Default 3. */
    readonly unhealthyThreshold?: number;
    /** Status codes of a healthy target, such as `200-299`. Default 200. */
    readonly matcher?: string;
  };
  /** Which requests go there; all others get 403. */
  readonly rules: readonly TargetRule[];
  /** Seconds that a leaving target may finish requests in, 0 to 3600. Not shorter than the longest generation. */
  readonly deregistrationDelaySeconds: number;
  /** Seconds in which a new target's share grows, 30 to 900. Requests are then dealt out in turn. Default: none, and each goes to the target with the fewest open. */
  readonly slowStartSeconds?: number;
  /** Keep a browser with its target for a day, by a cookie. Default false. */
  readonly sticky?: boolean;
}

const day = 86_400;

/** Checks of a target's arguments. `taken` has the priorities of the load balancer's other rules. */
export function targetChecks(name: string, args: TargetArgs, taken: ReadonlySet<number>): Check[] {
  const { path, intervalSeconds, timeoutSeconds, healthyThreshold, unhealthyThreshold } = withDefaults(args.health);
  return [
    { path: "name", ok: isNamePart(name), message: "can't be in a name; give lower case letters, digits, hyphens." },
    wholeNumber("port", args.port, 1, 65_535, "TCP port"),
    {
      path: "health.path",
      ok: /^\/\S{0,1023}$/.test(path),
      message: `is "${path}"; give a path such as /health.`,
    },
    wholeNumber("health.intervalSeconds", intervalSeconds, 5, 300, "seconds"),
    wholeNumber("health.timeoutSeconds", timeoutSeconds, 2, Math.min(120, intervalSeconds - 1), "seconds"),
    wholeNumber("health.healthyThreshold", healthyThreshold, 2, 10, "checks"),
    wholeNumber("health.unhealthyThreshold", unhealthyThreshold, 2, 10, "checks"),
    wholeNumber("deregistrationDelaySeconds", args.deregistrationDelaySeconds, 0, 3600, "seconds"),
    wholeNumber("slowStartSeconds", args.slowStartSeconds ?? 30, 30, 900, "seconds"),
    ...ruleChecks(args.rules, taken),
  ].map((check) => ({ ...check, path: `targets["${name}"].${check.path}` }));
}

/** A target group's settings but for its name and network. */
export function targetGroupSettings(args: TargetArgs): aws.lb.TargetGroupArgs {
  const { intervalSeconds, timeoutSeconds, ...health } = withDefaults(args.health);
  return {
    targetType: "instance",
    port: args.port,
    protocol: "HTTP",
    // Generations take from one second to minutes: dealt out in turn, one engine would get several long ones. AWS has no slow start with it.
    loadBalancingAlgorithmType: args.slowStartSeconds === undefined ? "least_outstanding_requests" : "round_robin",
    slowStart: args.slowStartSeconds ?? 0,
    deregistrationDelay: args.deregistrationDelaySeconds,
    stickiness: { type: "lb_cookie", enabled: args.sticky ?? false, cookieDuration: day },
    healthCheck: {
      ...health,
      interval: intervalSeconds,
      timeout: timeoutSeconds,
      protocol: "HTTP",
      port: "traffic-port",
    },
  };
}

function withDefaults(health: TargetArgs["health"]) {
  return {
    path: health.path,
    intervalSeconds: health.intervalSeconds ?? 30,
    timeoutSeconds: health.timeoutSeconds ?? 5,
    healthyThreshold: health.healthyThreshold ?? 2,
    unhealthyThreshold: health.unhealthyThreshold ?? 3,
    matcher: health.matcher ?? "200",
  };
}
