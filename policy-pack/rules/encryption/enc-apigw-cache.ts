import { defineRule } from "../../lib/rule";

/**
 * enc-apigw-cache: Cached API responses are encrypted
 *
 * Method settings of REST APIs; without `cachingEnabled` there is nothing to encrypt. Undefined: violation where
 * responses are cached.
 *
 * @severity medium
 * @checkov CKV_AWS_308
 * @securityHub APIGateway.5
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
 */
export const rule = defineRule({
  id: "enc-apigw-cache",
  family: "encryption",
  title: "Cached API responses are encrypted",
  severity: "medium",
  why: "The cache keeps responses on disk, with whatever personal data they hold, in the clear unless told otherwise.",
  fix: "set `settings.cacheDataEncrypted: true`.",
  checkov: ["CKV_AWS_308"],
  securityHub: ["APIGateway.5"],
  page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html",
  types: ["aws:apigateway/methodSettings:MethodSettings"],
  check({ props }, report) {
    const settings = props.at("settings");
    const encrypted = settings.at("cacheDataEncrypted");
    const plain = settings.at("cachingEnabled").isTrue().and(encrypted.isTrue().not());
    report.when(plain, encrypted, "cached responses are not encrypted");
  },
});
