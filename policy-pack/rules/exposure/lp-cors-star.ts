import { defineRule } from "../../lib/rule";
import type { Value } from "../../lib/value";

/**
 * lp-cors-star: No site of anybody's gets answers with credentials
 *
 * CORS settings that allow credentials name their origins: neither "*" nor "https://*". Undefined: passes, as both
 * default to off.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export const rule = defineRule({
  id: "lp-cors-star",
  family: "exposure",
  title: "No site of anybody's gets answers with credentials",
  severity: "medium",
  why: "A page of anyone's can then call the API with the cookies of whoever looks at it, and read the answer.",
  fix: "name the origins, or leave credentials off.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
  types: [
    "aws:apigatewayv2/api:Api",
    "aws:lambda/functionUrl:FunctionUrl",
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
  ],
  check({ props }, report) {
    for (const { origins, credentials } of corsOf(props)) {
      for (const origin of origins.elements()) {
        const isEveryOrigin = origin.matches((text) => /^(https?:\/\/)?\*$/.test(String(text)));
        report.when(isEveryOrigin.and(credentials.isTrue()), origin, "every site may send credentials");
      }
    }
  },
});

function corsOf(props: Value): readonly { origins: Value; credentials: Value }[] {
  const api = [props.at("corsConfiguration"), props.at("cors")];
  const headers = props.at("corsConfig");
  return [
    ...api.map((cors) => ({ origins: cors.at("allowOrigins"), credentials: cors.at("allowCredentials") })),
    {
      origins: headers.at("accessControlAllowOrigins", "items"),
      credentials: headers.at("accessControlAllowCredentials"),
    },
  ];
}
