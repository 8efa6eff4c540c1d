import { once } from "node:events";
import { connect } from "node:http2";
import { type CallOptions, Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { ConfigureAnalyzerRequest, PolicyConfig } from "@pulumi/pulumi/proto/analyzer_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPack } from "../../../policy-pack/build-pack";
import { isUnknownSentinel } from "../../../policy-pack/lib/wire";
import { rules } from "../../../policy-pack/registry";
import { serveGrpc } from "../../../policy-pack/server/grpc";
import { methodsOf } from "../../../policy-pack/server/serve";
import { resourcesOf } from "../../bench/resources";
import { type Answer, type Json, type Resource, secret, servePack, unknown } from "../../support/policy-harness";
import { serveBySdk } from "../../support/policy-sdk";
import { hide } from "./hide";
import { cure } from "./holds";
import { development, today } from "./rules";

describe("the server of Pulumi's policy SDK gives the same answers", () => {
  const config = {
    all: "advisory",
    "lp-sg-ssh-open": "mandatory",
    "tag-required-keys": { enforcementLevel: "mandatory", keys: ["Owner"] },
    "log-loggroup-retention": "remediate",
    "enc-s3-at-rest": "disabled",
    "rel-s3-versioning": "disabled",
  } as const;
  const bothOf = async (profile: "dev" | "prod", settings: Parameters<typeof servePack>[1]) => {
    const pack = () => buildPack(rules, { ...development, profile }, today);
    return { ours: await servePack(pack(), settings), theirs: await serveBySdk(pack(), settings) };
  };

  /** Each path once: rules that share a view of the resource do not repeat what another has said. */
  const findings = ({ diagnosticsList }: Answer) => {
    const said = new Set<string>();
    return diagnosticsList.filter(({ urn, message }) => {
      const [, note] = /cannot be known at preview: (.*)\. This rule/.exec(message) ?? [];
      if (note === undefined) return true;
      const paths = note.split(", ").map((path) => `${urn} ${path}`);
      const isNew = paths.some((path) => !said.has(path));
      for (const path of paths) said.add(path);
      return isNew;
    });
  };

  const open: Resource = {
    type: "aws:ec2/securityGroup:SecurityGroup",
    props: {
      description: secret("Bastion"),
      ingress: [
        { protocol: "tcp", fromPort: 22, toPort: unknown, cidrBlocks: ["0.0.0.0/0"] },
        { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: secret(["0.0.0.0/0"]) },
      ],
      tags: { System: "web" },
    },
    provider: { defaultTags: JSON.stringify({ tags: { Project: "shop" } }) },
  };
  const subjects = [
    ...resourcesOf(25),
    ...resourcesOf(25).map((resource): Resource => {
      const [first = "none"] = Object.keys(resource.props ?? {});
      return { ...resource, props: hide(resource.props ?? {}, [first]) as NonNullable<Resource["props"]> };
    }),
    open,
    { type: "random:index/randomId:RandomId", props: { byteLength: 4 } },
  ];

  test.each([
    ["as the profile says", {}],
    ["as the user says", config],
  ])("about resources, with levels and settings %s", async (_, settings) => {
    const { ours, theirs } = await bothOf("prod", settings);
    for (const subject of subjects) {
      expect(findings(await ours.answerOf(subject))).toEqual(findings(await theirs.answerOf(subject)));
    }
  });

  test.each([
    ["as the profile says", {}],
    ["as the user says", config],
  ])("about a stack, with levels and settings %s", async (_, settings) => {
    const { ours, theirs } = await bothOf("prod", settings);
    const stack = [...resourcesOf(50), open];
    const answer = findings(await ours.answerOf(stack));
    expect(answer).toEqual(findings(await theirs.answerOf(stack)));
    expect(answer).not.toEqual([]);
  });

  test("about the pack itself", async () => {
    for (const profile of ["dev", "prod"] as const) {
      const { ours, theirs } = await bothOf(profile, config);
      expect(ours.info).toEqual(theirs.info);
      expect(ours.levels).toEqual(theirs.levels);
    }
  });
});

describe("what does not apply", () => {
  const pack = () => servePack(buildPack(rules, development, today), { "lp-sg-ssh-open": "disabled" });
  const namesFor = async (type: string) => {
    const { notApplicableList } = await (await pack()).answerOf({ type, props: {} });
    return notApplicableList.map(({ policyName }) => policyName);
  };

  test("is every rule that judges resources, but not this one, and is on", async () => {
    const type = "aws:sqs/queue:Queue";
    const { levels } = await pack();
    const ofOthers = rules.filter(({ id, check, types }) => check && levels[id] !== "disabled" && !types.has(type));
    expect(await namesFor(type)).toEqual(ofOthers.map(({ id }) => id));
    expect(ofOthers.map(({ id }) => id)).not.toContain("lp-sg-ssh-open");
  });

  test("is told for a type that no rule judges, and a new configuration is heeded", async () => {
    const none = "random:index/randomId:RandomId";
    expect(await namesFor(none)).toContain("enc-sqs-at-rest");
    const configured = await servePack(buildPack(rules, development, today), { all: "disabled" });
    expect((await configured.answerOf({ type: none, props: {} })).notApplicableList).toEqual([]);
  });
});

describe("cures", () => {
  const type = "aws:ec2/instance:Instance";

  test("see what the ones before them made of the resource", async () => {
    const pack = await servePack(buildPack(rules, development, today), {
      all: "disabled",
      "lp-imdsv2": "remediate",
      "lp-imds-hop-limit": "remediate",
    });
    const metadataOptions = { httpTokens: "optional", httpPutResponseHopLimit: 5 };
    const cures = await pack.remediate({ type, props: { metadataOptions } });
    expect(cures.map(({ props }) => props["metadataOptions"])).toEqual([
      expect.objectContaining({ httpPutResponseHopLimit: 1 }),
      expect.objectContaining({ httpTokens: "required", httpPutResponseHopLimit: 1 }),
    ]);
  });

  test("keep secrets secret: beside the value, around it, and the value itself", async () => {
    const cured = async (metadataOptions: Json, userData: Json = "") =>
      cure("lp-imdsv2", { type, props: { metadataOptions, userData } });
    const [optional, required] = ["optional", "required"].map((httpTokens) => ({
      httpEndpoint: "enabled",
      httpTokens,
    }));
    expect(await cured({ ...optional }, secret("s"))).toEqual({ metadataOptions: required, userData: secret("s") });
    expect(await cured(secret({ ...optional }))).toEqual({ metadataOptions: secret({ ...required }), userData: "" });
    expect(await cured({ ...optional, httpTokens: secret("optional") })).toEqual({
      metadataOptions: { ...required, httpTokens: secret("required") },
      userData: "",
    });
  });
});

describe("over the wire", () => {
  const asItIs = (bytes: Buffer): Buffer => bytes;
  let server: Awaited<ReturnType<typeof serveGrpc>>;
  let client: Client;

  beforeAll(async () => {
    server = await serveGrpc(
      new Map([
        ["/p.S/Reverse", (request) => Buffer.from(request).reverse()],
        ["/p.S/Throw", () => JSON.parse("é{") as never],
      ]),
    );
    const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
    client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), unlimited);
  });
  afterAll(() => {
    client.close();
    server.close();
  });

  const ask = (path: string, request: Buffer, options: Partial<CallOptions> = {}) =>
    new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(path, asItIs, asItIs, request, new Metadata(), options, (error, answer) =>
        error ? reject(error) : resolve(answer ?? Buffer.alloc(0)),
      );
    });

  test("an answer belongs to its request, also with many at once", async () => {
    const requests = Array.from({ length: 200 }, (_, index) => `request ${index}`);
    const answers = await Promise.all(requests.map((request) => ask("/p.S/Reverse", Buffer.from(request))));
    expect(answers.map((answer) => answer.reverse().toString())).toEqual(requests);
  });

  test("a message may be empty, and larger than any window", async () => {
    expect(await ask("/p.S/Reverse", Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    const large = Buffer.alloc(40 * 1024 * 1024, "abc");
    expect((await ask("/p.S/Reverse", large)).reverse().equals(large)).toBe(true);
  });

  test("a method that throws fails its call with the text, and the next is answered", async () => {
    await expect(ask("/p.S/Throw", Buffer.from("x"))).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: expect.stringContaining("SyntaxError: Unexpected token 'é'"),
    });
    expect(String(await ask("/p.S/Reverse", Buffer.from("ab")))).toBe("ba");
  });

  test("a method that there is not is unimplemented, which the engine knows how to go without", async () => {
    await expect(ask("/p.S/Handshake", Buffer.from("x"))).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test("a compressed request is refused", async () => {
    const zipped = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), {
      "grpc.default_compression_algorithm": 2,
    });
    const answer = new Promise((resolve) => {
      zipped.makeUnaryRequest("/p.S/Reverse", asItIs, asItIs, Buffer.alloc(5000), (error) => resolve(error?.code));
    });
    expect(await answer).toBe(status.UNIMPLEMENTED);
    zipped.close();
  });

  test("half a message is an error, and a call that is given up harms nobody", async () => {
    const session = connect(`http://127.0.0.1:${server.port}`);
    const halved = session.request({ ":method": "POST", ":path": "/p.S/Reverse" });
    halved.end(Buffer.from([0, 0, 0, 0, 9, 1]));
    const [headers] = (await once(halved, "response")) as [Record<string, string>];
    expect(headers["grpc-status"]).toBe(String(status.INTERNAL));
    const dropped = session.request({ ":method": "POST", ":path": "/p.S/Reverse" });
    dropped.on("error", () => undefined);
    dropped.write(Buffer.from([0]));
    dropped.close(8);
    await once(dropped, "close");
    session.close();
    expect(String(await ask("/p.S/Reverse", Buffer.from("ab")))).toBe("ba");
  });
});

describe("faults", () => {
  test("a configuration that cannot be read fails its call with the reason", () => {
    const methods = methodsOf({
      name: "pack",
      version: "1",
      description: "",
      pack: { policies: [], initialConfig: {} },
    });
    const configure = methods.get("/pulumirpc.Analyzer/Configure");
    const request = new ConfigureAnalyzerRequest();
    request.getPolicyconfigMap().set("a", new PolicyConfig().setEnforcementlevel(9 as never));
    expect(() => configure?.(Buffer.from(request.serializeBinary()))).toThrow("asks for the enforcement level 9");
  });
});

test("unknown values have the marks that Pulumi's policy SDK knows", async () => {
  const marks = Object.entries(await import("@pulumi/policy/proxy")).filter(([name]) => /^unknown\w+Value$/.test(name));
  expect(marks.length).toBe(7);
  for (const [name, mark] of marks) expect(isUnknownSentinel(mark), name).toBe(true);
});
