import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";

const stageType = "aws:apigateway/stage:Stage";

/**
 * log-xray: Functions and REST APIs are traced
 *
 * Functions have the tracing mode Active, stages of REST APIs have X-Ray tracing on. Remediation is for stages alone: a
 * function's role needs a permission for it. Undefined: violation, as the default of both is off.
 *
 * @severity low
 * @checkov CKV_AWS_50 CKV_AWS_73
 * @securityHub APIGateway.3
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-services.html
 */
export const rule = defineRule({
  id: "log-xray",
  family: "logging",
  title: "Functions and REST APIs are traced",
  severity: "low",
  why: "A request that is slow or fails behind the API can only be followed from service to service by its trace.",
  fix: 'set `tracingConfig: { mode: "Active" }` on the function and allow its role to write traces; `xrayTracingEnabled: true` on the stage. 100,000 traces a month are free.',
  checkov: ["CKV_AWS_50", "CKV_AWS_73"],
  securityHub: ["APIGateway.3"],
  page: "https://docs.aws.amazon.com/xray/latest/devguide/xray-services.html",
  types: ["aws:lambda/function:Function", stageType],
  check({ type, props }, report) {
    if (type === stageType) {
      const traced = props.at("xrayTracingEnabled");
      report.when(traced.isTrue().not(), traced, "requests are not traced");
    } else {
      const mode = props.at("tracingConfig", "mode");
      report.when(mode.equals("Active").not(), mode, "calls are not traced");
    }
  },
  remedy({ type, props }) {
    const needed = props.at("xrayTracingEnabled").isTrue().not();
    return type === stageType ? setIf(needed, ["xrayTracingEnabled"], true) : [];
  },
});
