import { z } from "zod";
import { defineRule } from "../../lib/rule";
import { refersTo, type StackView } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

const methodType = "aws:apigateway/method:Method";
const routeType = "aws:apigatewayv2/route:Route";
const apiType = "aws:apigatewayv2/api:Api";

/**
 * lp-apigw-auth: APIs know who calls
 *
 * REST methods and routes of HTTP and WebSocket APIs have an authorization other than NONE, or require an API key where
 * the settings say that one is enough. OPTIONS, which browsers send without credentials, is excepted, and so are the
 * WebSocket routes but $connect, which authorises the connection; whether a $default route is one of them shows in the
 * whole stack. A `target` given to an HTTP API makes an open route and is refused. Undefined: violation.
 *
 * @severity high
 * @checkov CKV_AWS_59 CKV_AWS_309 CKV2_AWS_70
 * @securityHub APIGateway.8
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
 */
export const rule = defineRule({
  id: "lp-apigw-auth",
  family: "exposure",
  title: "APIs know who calls",
  severity: "high",
  why: "Without authorization anyone who finds the URL can call what is behind it, at your expense.",
  fix: 'set `authorization: "AWS_IAM"` (REST) or `authorizationType: "AWS_IAM"` (HTTP), or name an authorizer; list routes that are meant for everyone in `publicRoutes` of the policy config.',
  checkov: ["CKV_AWS_59", "CKV_AWS_309", "CKV2_AWS_70"],
  securityHub: ["APIGateway.8"],
  page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html",
  types: [methodType, routeType, apiType],
  settings: z.strictObject({
    apiKeyIsEnough: z.boolean().default(true).describe("Whether a required API key counts as authorization"),
    publicRoutes: z
      .array(z.string())
      .default([])
      .describe('Keys of routes that everyone may call, such as "GET /health"; for REST methods, their resource names'),
  }),
  check({ type, name, props }, report, { apiKeyIsEnough, publicRoutes }) {
    if (type === apiType) {
      report.when(props.at("target").hasContent(), "target", "the API's own route is open to everyone");
      return;
    }
    const property = type === methodType ? "authorization" : "authorizationType";
    const open = isOpen(props, property, apiKeyIsEnough);
    if (type === methodType) {
      const excepted = props
        .at("httpMethod")
        .equals("OPTIONS")
        .or(Truth.of(publicRoutes.includes(name)));
      report.when(open.and(excepted.not()), property, "everyone may call the method");
    } else {
      const key = props.at("routeKey");
      const judged = key.matches((text) => isJudgedAlone(String(text)) && !publicRoutes.includes(String(text)));
      report.when(open.and(judged), property, `everyone may call the route ${key.scalar()}`);
    }
  },
  checkStack(stack, report, { apiKeyIsEnough, publicRoutes }) {
    if (publicRoutes.includes("$default")) return;
    for (const route of stack.ofType(routeType)) {
      const open = isOpen(route.props, "authorizationType", apiKeyIsEnough)
        .and(route.props.at("routeKey").equals("$default"))
        .and(ofWebSocket(stack, route).not());
      report.on(route).when(open, "authorizationType", "everyone may call the route $default");
    }
  },
});

function isOpen(props: Value, property: string, apiKeyIsEnough: boolean): Truth {
  const none = props.at(property).matches((kind) => kind === undefined || kind === "" || kind === "NONE");
  return none.and(props.at("apiKeyRequired").isTrue().and(Truth.of(apiKeyIsEnough)).not());
}

/** HTTP routes have a method and a path, "GET /health". Of the WebSocket routes only $connect has an authorization. */
function isJudgedAlone(routeKey: string): boolean {
  return routeKey === "$connect" || (/^[A-Z]+ \//.test(routeKey) && !routeKey.startsWith("OPTIONS "));
}

function ofWebSocket(stack: StackView, route: Parameters<typeof refersTo>[0]): Truth {
  return Truth.any(
    stack
      .ofType(apiType)
      .map((api) => refersTo(route, "apiId", api, ["id"]).and(api.props.at("protocolType").equals("WEBSOCKET"))),
  );
}
