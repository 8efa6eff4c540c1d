import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Front, openFront } from "../../../local/front";

let aws: Server;
let front: Front;
let asked: { url: string | undefined; headers: IncomingHttpHeaders }[];
let respond: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  respond = (response) => response.writeHead(301, { location: "https://page.example/" }).end();
  aws = createServer(async ({ url, headers }, response) => {
    asked.push({ url, headers });
    respond(response);
  }).listen(0, "127.0.0.1");
  await once(aws, "listening");
  const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  front = await openFront(endpoint, { Host: "page.example", "X-Forwarded-Proto": "https" });
});

afterEach(async () => {
  await front.stop();
  aws.closeAllConnections();
  aws.close();
});

test("requests are for the name that was opened and came over HTTPS; answers, redirects too, are given as they are", async () => {
  const answer = await fetch(`${front.url}/v1/models?a=1`, { redirect: "manual", headers: { "X-Own": "kept" } });
  expect([answer.status, answer.headers.get("location")]).toEqual([301, "https://page.example/"]);
  expect(asked[0]?.url).toBe("/v1/models?a=1");
  expect(asked[0]?.headers).toMatchObject({ host: "page.example", "x-forwarded-proto": "https", "x-own": "kept" });
});

test("a request may say itself that it came over HTTP", async () => {
  await fetch(front.url, { redirect: "manual", headers: { "X-Forwarded-Proto": "http" } });
  expect(asked[0]?.headers["x-forwarded-proto"]).toBe("http");
});

test("parts of an answer arrive while the rest is still to come", async () => {
  respond = (response) => response.writeHead(200).write("first");
  const answer = await fetch(front.url);
  const { value } = (await answer.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toBe("first");
});
