import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { reach, reachableApiUrl } from "../../../local/urls";

const endpoint = "http://127.0.0.1:4566";

describe("reachableApiUrl", () => {
  test.each([
    [
      "https://abc123.execute-api.us-east-1.amazonaws.com/dev",
      "http://127.0.0.1:4566/restapis/abc123/dev/_user_request_/",
    ],
    [
      "https://abc123.execute-api.us-east-1.amazonaws.com/dev/",
      "http://127.0.0.1:4566/restapis/abc123/dev/_user_request_/",
    ],
    [
      "https://abc123.execute-api.eu-central-1.amazonaws.com/prod/v1/predict?top=3&x=a%2Fb",
      "http://127.0.0.1:4566/restapis/abc123/prod/_user_request_/v1/predict?top=3&x=a%2Fb",
    ],
    [
      "https://abc123.execute-api.cn-north-1.amazonaws.com.cn/dev/predict",
      "http://127.0.0.1:4566/restapis/abc123/dev/_user_request_/predict",
    ],
  ])("%s is served at %s", (url, expected) => {
    expect(reachableApiUrl(url, endpoint)).toBe(expected);
  });

  test("an endpoint's closing slash makes no double slash", () => {
    expect(reachableApiUrl("https://a1.execute-api.us-east-1.amazonaws.com/dev", `${endpoint}/`)).toBe(
      "http://127.0.0.1:4566/restapis/a1/dev/_user_request_/",
    );
  });

  test.each([
    "http://127.0.0.1:4566/restapis/abc123/dev/_user_request_/",
    "https://d111111abcdef8.cloudfront.net/index.html",
    // No stage: an HTTP API's $default stage.
    "https://abc123.execute-api.us-east-1.amazonaws.com",
    "https://abc123.execute-api.us-east-1.amazonaws.com.attacker.example/dev",
    "http://abc123.execute-api.us-east-1.amazonaws.com/dev",
    "",
  ])("%s is left alone", (url) => {
    expect(reachableApiUrl(url, endpoint)).toBe(url);
  });

  const segment = fc.stringMatching(/^[A-Za-z0-9._~%-]{1,12}$/);
  property.prop([fc.stringMatching(/^[a-z0-9]{4,10}$/), segment, fc.array(segment, { maxLength: 4 })])(
    "keeps the stage and every segment of the path, in order",
    (id, stage, path) => {
      const url = `https://${id}.execute-api.us-west-2.amazonaws.com/${[stage, ...path].join("/")}`;
      expect(reachableApiUrl(url, endpoint)).toBe(
        `${endpoint}/restapis/${id}/${stage}/_user_request_/${path.join("/")}`,
      );
    },
  );
});

describe("reach", () => {
  test("on AWS a URL is asked as it is", () => {
    expect(reach("https://d1.cloudfront.net", undefined)).toEqual({
      baseUrl: "https://d1.cloudfront.net",
      headers: {},
    });
  });

  test("the local AWS is asked on its port, by the name as Host", () => {
    expect(reach("https://d1.cloudfront.net", "http://127.0.0.1:4566/")).toEqual({
      baseUrl: "http://127.0.0.1:4566",
      headers: { Host: "d1.cloudfront.net", "X-Forwarded-Proto": "https" },
    });
    expect(reach("https://abc123.execute-api.eu-west-1.amazonaws.com", "http://127.0.0.1:4566")).toEqual({
      baseUrl: "http://127.0.0.1:4566",
      headers: { Host: "abc123.execute-api.localhost" },
    });
    const stage = { baseUrl: "http://127.0.0.1:4566/restapis/abc123/api/_user_request_", headers: {} };
    const asDeployed = "https://abc123.execute-api.eu-west-1.amazonaws.com/api";
    for (const url of [asDeployed, stage.baseUrl]) expect(reach(url, "http://127.0.0.1:4566")).toEqual(stage);
  });
});
