import { setIf } from "../../lib/cure";
import { defineRule, type ResourceView } from "../../lib/rule";

const settingsType = "aws:apigateway/methodSettings:MethodSettings";

/**
 * log-apigw-no-data-trace: API logs leave bodies out
 *
 * Data tracing is off for the methods of REST APIs and the routes of WebSocket APIs. Undefined: passes, as the default
 * is off.
 *
 * @severity medium
 * @checkov CKV_AWS_276
 * @securityHub none
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export const rule = defineRule({
  id: "log-apigw-no-data-trace",
  family: "logging",
  title: "API logs leave bodies out",
  severity: "medium",
  why: "Full requests and responses in the logs are passwords, tokens and personal data in the logs.",
  fix: "set `dataTraceEnabled: false` or leave it out, and log what is needed in `accessLogSettings.format`.",
  checkov: ["CKV_AWS_276"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
  types: [settingsType, "aws:apigatewayv2/stage:Stage"],
  check(resource, report) {
    for (const path of places(resource)) {
      const traced = resource.props.at(...path);
      report.when(traced.isTrue(), traced, "full requests and responses are logged");
    }
  },
  remedy(resource) {
    return places(resource).flatMap((path) => setIf(resource.props.at(...path).isTrue(), path, false));
  },
});

/** Paths that can turn data tracing on. */
function places({ type, props }: ResourceView): readonly (readonly (string | number)[])[] {
  if (type === settingsType) return [["settings", "dataTraceEnabled"]];
  const routes = props.at("routeSettings").elements();
  return [
    ["defaultRouteSettings", "dataTraceEnabled"],
    ...routes.map((_, index) => ["routeSettings", index, "dataTraceEnabled"]),
  ];
}
