import { z } from "zod";
import { factSetting, firstYear } from "../../lib/free-tier/limits";
import { planSetting } from "../../lib/free-tier/plan";
import { count } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";

const stageType = "aws:apigateway/stage:Stage";
const restType = "aws:apigateway/restApi:RestApi";

/**
 * ft-apigw: REST APIs have no cache
 *
 * A stage's cache is billed by the hour. In the profile `free` the rule also says what REST APIs cost more than HTTP APIs.
 * Undefined: passes, there is no cache unless asked for.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
 */
export const rule = defineRule({
  id: "ft-apigw",
  family: "free-tier",
  title: "REST APIs have no cache",
  severity: "medium",
  why: "The smallest cache of a stage is billed by the hour, about $15 a month, and is in no free tier.",
  fix: "set `cacheClusterEnabled: false`, and let clients or CloudFront cache.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html",
  types: [stageType],
  settings: z.strictObject({
    plan: planSetting,
    calls: factSetting(firstYear.apiCalls, "What all APIs may be called with the plan legacy12"),
  }),
  check({ props }, report) {
    const cache = props.at("cacheClusterEnabled");
    report.when(cache.isTrue(), cache, "the stage's cache is billed by the hour");
  },
  checkStack(stack, report, { plan, calls }) {
    const rest = stack.ofType(restType).length;
    if (rest === 0) return;
    const free = plan === "legacy12" ? `${count(calls)} calls a month are free` : "no call is free";
    report.summary(
      `Free tier: ${count(rest)} REST API${rest === 1 ? "" : "s"}; ${free}, and an HTTP API's cost less than a third as much.`,
    );
  },
});
