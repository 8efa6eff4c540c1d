import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { isOrigin, preflightHeaders } from "../../../../components/edge/cors";
import { definitionHash, pathTree, routeMistakes } from "../../../../components/edge/routes";

describe("pathTree", () => {
  test("has each path once and parents first", () => {
    expect(pathTree(["/v1/chat/stream", "/v1/models"])).toEqual([
      { path: "/v1", part: "v1", parent: undefined, key: "v1" },
      { path: "/v1/chat", part: "chat", parent: "/v1", key: "v1-chat" },
      { path: "/v1/models", part: "models", parent: "/v1", key: "v1-models" },
      { path: "/v1/chat/stream", part: "stream", parent: "/v1/chat", key: "v1-chat-stream" },
    ]);
  });

  const segment = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  test.prop({ paths: fc.array(path, { minLength: 1, maxLength: 10 }) })(
    "never names a parent that comes later",
    ({ paths }) => {
      const seen = new Set<string>();
      for (const node of pathTree(paths)) {
        if (node.parent !== undefined) expect(seen).toContain(node.parent);
        expect(seen).not.toContain(node.path);
        seen.add(node.path);
      }
      for (const path of paths) expect(seen).toContain(path);
    },
  );
});

test.each([
  [[{ method: "POST", path: "/a" }], []],
  [[], [{ path: "routes", message: "is empty; give at least one route." }]],
  [[{ method: "POST", path: "a" }], [{ path: "routes[0].path", message: 'is "a"; give a path such as /ingest.' }]],
  [
    [
      { method: "POST", path: "/a" },
      { method: "POST", path: "/a" },
    ],
    [{ path: "routes[1]", message: "POST /a is there twice." }],
  ],
  [
    [
      { method: "POST", path: "/a.b" },
      { method: "GET", path: "/a-b" },
    ],
    [{ path: "routes", message: "/a-b and /a.b differ in punctuation or case only." }],
  ],
])("the routes %j have the mistakes %j", (routes, mistakes) => {
  expect(routeMistakes(routes)).toEqual(mistakes);
});

describe("definitionHash", () => {
  test.prop({ value: fc.object({ maxDepth: 2 }) })("does not depend on the order of properties", ({ value }) => {
    const plain = JSON.parse(JSON.stringify(value));
    expect(definitionHash(Object.fromEntries(Object.entries(plain).reverse()))).toBe(definitionHash(plain));
  });

  test("differs for different definitions, and for lists in another order", () => {
    const hashes = [{ a: 1 }, { a: 2 }, { b: 1 }, { a: [1, 2] }, { a: [2, 1] }].map(definitionHash);
    expect(new Set(hashes).size).toBe(5);
  });
});

describe("[lambda-efs 7.9] CORS", () => {
  const headers = ["Content-Type", "X-Amz-Date", "Authorization"];
  test("answers a preflight request with origin, methods and headers", () => {
    expect(preflightHeaders({ origin: "*", headers }, ["POST"])).toEqual({
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Methods": "POST,OPTIONS",
      "Access-Control-Allow-Headers": "Content-Type,X-Amz-Date,Authorization",
      "Access-Control-Max-Age": "3600",
      Vary: "Origin",
    });
  });

  test("lets a browser remember the answer as long as told", () => {
    const cors = { origin: "https://a.example", headers, maxAgeSeconds: 5 };
    expect(preflightHeaders(cors, ["GET"])).toMatchObject({ "Access-Control-Max-Age": "5" });
  });

  test.each([
    ["*", true],
    ["https://app.example.com", true],
    ["http://localhost:3000", true],
    ["https://app.example.com/", false],
    ["https://app.example.com/x", false],
    ["app.example.com", false],
    ["https://a.example,https://b.example", false],
    ["https://a'b", false],
    ["", false],
  ])("origin %j: %s", (text, expected) => {
    expect(isOrigin(text)).toBe(expected);
  });
});
