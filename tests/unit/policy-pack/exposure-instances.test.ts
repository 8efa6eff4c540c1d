import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { credentialIn } from "../../../policy-pack/lib/credentials";
import { type Json, type Resource, secret, unknown } from "../../support/policy-harness";
import { type Case, cure, holds } from "./holds";
import { pass, unverifiable, violation } from "./rules";

type Props = Record<string, Json>;

const instance = (props: Props): Resource => ({ type: "aws:ec2/instance:Instance", props });
const spot = (props: Props): Resource => ({ type: "aws:ec2/spotInstanceRequest:SpotInstanceRequest", props });
const template = (props: Props): Resource => ({ type: "aws:ec2/launchTemplate:LaunchTemplate", props });
const launchConfiguration = (props: Props): Resource => ({
  type: "aws:ec2/launchConfiguration:LaunchConfiguration",
  props,
});
const everyLaunch = { instance, spot, template, launchConfiguration };

describe("lp-subnet-auto-public-ip", () => {
  const id = "lp-subnet-auto-public-ip";
  const subnet = (props: Props): Resource => ({ type: "aws:ec2/subnet:Subnet", props });
  const defaultSubnet = (props: Props): Resource => ({ type: "aws:ec2/defaultSubnet:DefaultSubnet", props });
  const refused = violation("mapPublicIpOnLaunch: instances in this subnet get public addresses");

  holds(id, [
    ["passes false", subnet({ mapPublicIpOnLaunch: false }), pass],
    ["passes an undefined value, whose default is false", subnet({}), pass],
    ["refuses true", subnet({ mapPublicIpOnLaunch: true }), refused],
    ["refuses a default subnet's undefined value, whose default is true", defaultSubnet({}), refused],
    ["passes a default subnet that is told not to", defaultSubnet({ mapPublicIpOnLaunch: false }), pass],
    ["passes the public tier", subnet({ mapPublicIpOnLaunch: true, tags: { Tier: "public" } }), pass],
    ["refuses another tier", subnet({ mapPublicIpOnLaunch: true, tags: { Tier: "private" } }), refused],
    [
      "takes tag and values from the config",
      subnet({ mapPublicIpOnLaunch: true, tags: { Role: "dmz" } }),
      pass,
      { publicTag: "Role", publicValues: ["edge", "dmz"] },
    ],
    ["cannot judge an unknown", subnet({ mapPublicIpOnLaunch: unknown }), unverifiable("mapPublicIpOnLaunch")],
    [
      "cannot judge an unknown tier",
      subnet({ mapPublicIpOnLaunch: true, tags: { Tier: unknown } }),
      unverifiable("tags.Tier"),
    ],
    ["needs no tier when no address is given", subnet({ tags: unknown }), pass],
  ]);

  test("remediation turns it off where it is refused", async () => {
    expect(await cure(id, subnet({ vpcId: unknown, mapPublicIpOnLaunch: true }))).toEqual({
      vpcId: unknown,
      mapPublicIpOnLaunch: false,
    });
    expect(await cure(id, defaultSubnet({}))).toEqual({ mapPublicIpOnLaunch: false });
    expect(await cure(id, subnet({}))).toBeUndefined();
    expect(await cure(id, subnet({ mapPublicIpOnLaunch: unknown }))).toBeUndefined();
    expect(await cure(id, subnet({ mapPublicIpOnLaunch: true, tags: { Tier: "public" } }))).toBeUndefined();
  });
});

describe("lp-ec2-public-ip", () => {
  const problem = "the instance gets a public address";

  holds("lp-ec2-public-ip", [
    ["passes false", instance({ associatePublicIpAddress: false }), pass],
    ["passes undefined", instance({}), pass],
    ...[instance, spot, launchConfiguration].map(
      (launch): Case => [
        `refuses true in ${launch({}).type}`,
        launch({ associatePublicIpAddress: true }),
        violation(`associatePublicIpAddress: ${problem}`),
      ],
    ),
    [
      "refuses the text true of a template's interface",
      template({ networkInterfaces: [{ associatePublicIpAddress: "false" }, { associatePublicIpAddress: "true" }] }),
      violation(`networkInterfaces[1].associatePublicIpAddress: ${problem}`),
    ],
    ["passes a template without interfaces", template({}), pass],
    [
      "cannot judge an unknown",
      instance({ associatePublicIpAddress: unknown }),
      unverifiable("associatePublicIpAddress"),
    ],
    [
      "reports one interface beside an unknown one",
      template({ networkInterfaces: [unknown, { associatePublicIpAddress: true }] }),
      {
        violations: [`networkInterfaces[1].associatePublicIpAddress: ${problem}`],
        unknowns: ["networkInterfaces[0]"],
      },
    ],
  ]);
});

describe("lp-imdsv2", () => {
  const id = "lp-imdsv2";
  const refused = violation("metadataOptions.httpTokens: the metadata service answers requests without a session");
  const launchTemplate = { id: "lt-1" };
  const defaults = (props: Record<string, Json>): Resource => ({
    type: "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
    name: "defaults",
    props: { httpTokens: "required", ...props },
  });

  holds(id, [
    ...Object.values(everyLaunch).flatMap((launch): Case[] => [
      [`passes required in ${launch({}).type}`, launch({ metadataOptions: { httpTokens: "required" } }), pass],
      [`refuses undefined in ${launch({}).type}`, [launch({})], refused],
    ]),
    ["refuses optional", instance({ metadataOptions: { httpTokens: "optional" } }), refused],
    ["passes a service that is off", [instance({ metadataOptions: { httpEndpoint: "disabled" } })], pass],
    ["refuses a service that is on", [instance({ metadataOptions: { httpEndpoint: "enabled" } })], refused],
    ["leaves to the launch template what the instance does not say", [instance({ launchTemplate })], pass],
    [
      "refuses what the instance says in spite of its template",
      instance({ launchTemplate, metadataOptions: { httpTokens: "optional" } }),
      refused,
    ],
    ["takes empty tokens for not said", [instance({ launchTemplate, metadataOptions: { httpTokens: "" } })], pass],
    ["passes undefined where the account requires sessions", [template({})], pass, { accountRequires: true }],
    [
      "refuses optional where the account requires sessions",
      template({ metadataOptions: { httpTokens: "optional" } }),
      refused,
      { accountRequires: true },
    ],
    ["cannot judge unknown options", instance({ metadataOptions: unknown }), unverifiable("metadataOptions")],
    [
      "cannot judge unknown tokens",
      instance({ metadataOptions: { httpTokens: unknown } }),
      unverifiable("metadataOptions.httpTokens"),
    ],
    [
      "cannot judge unknown tokens beside the account's defaults",
      [
        { ...instance({ metadataOptions: { httpTokens: unknown } }), from: { metadataOptions: ["it"] } },
        defaults({ httpTokens: "optional" }),
      ],
      unverifiable("metadataOptions.httpTokens"),
    ],
    [
      "counts an unknown launch template as there",
      [
        { ...instance({ launchTemplate: unknown }), from: { launchTemplate: ["lt"] } },
        { ...template({ metadataOptions: { httpTokens: "required" } }), name: "lt" },
      ],
      pass,
    ],
    [
      "needs no tokens when the service is off",
      instance({ metadataOptions: { httpTokens: unknown, httpEndpoint: "disabled" } }),
      pass,
    ],
    ["says nothing twice", [instance({ metadataOptions: { httpTokens: "optional" } })], pass],
    ["does not take what the provider computes for said", [instance({ metadataOptions: unknown })], refused],
    ["passes undefined beside defaults that require sessions", [instance({}), defaults({})], pass],
    [
      "refuses undefined beside defaults that do not",
      [instance({}), defaults({ httpTokens: "no-preference" })],
      refused,
    ],
    ["refuses undefined beside defaults of another region", [instance({ region: "eu-west-1" }), defaults({})], refused],
    [
      "finds the region in the provider",
      [{ ...instance({}), provider: { region: "us-east-1" } }, defaults({ region: "us-east-1" })],
      pass,
    ],
    [
      "cannot judge beside unknown defaults",
      [instance({}), { ...defaults({ httpTokens: unknown }), from: { httpTokens: ["it"] } }],
      unverifiable("httpTokens"),
    ],
    [
      "cannot judge beside defaults of an unknown region",
      [instance({}), { ...defaults({ region: unknown }), from: { region: ["it"] } }],
      unverifiable("region"),
    ],
    [
      "cannot judge in an unknown region beside defaults",
      [{ ...instance({ region: unknown }), from: { region: ["defaults"] } }, defaults({})],
      unverifiable("region"),
    ],
  ]);

  test("remediation requires sessions and says that the service is on, which the provider wants to know", async () => {
    const required = { httpEndpoint: "enabled", httpTokens: "required" };
    expect(await cure(id, instance({ ami: unknown }))).toEqual({ ami: unknown, metadataOptions: required });
    expect(
      await cure(id, template({ metadataOptions: { httpTokens: "optional", httpPutResponseHopLimit: unknown } })),
    ).toEqual({
      metadataOptions: { ...required, httpPutResponseHopLimit: unknown },
    });
    expect(await cure(id, template({ metadataOptions: { httpEndpoint: "" } }))).toEqual({ metadataOptions: required });
    expect(await cure(id, instance({ metadataOptions: { httpEndpoint: unknown } }))).toBeUndefined();
  });

  test("remediation changes nothing that is right, unknown, or replaced by a change", async () => {
    expect(await cure(id, instance({ metadataOptions: { httpTokens: "required" } }))).toBeUndefined();
    expect(await cure(id, instance({ metadataOptions: unknown }))).toBeUndefined();
    expect(await cure(id, template({}), { accountRequires: true })).toBeUndefined();
    expect(await cure(id, launchConfiguration({}))).toBeUndefined();
    expect(await cure(id, spot({}))).toBeUndefined();
  });
});

describe("lp-imds-hop-limit", () => {
  const id = "lp-imds-hop-limit";
  const hops = (httpPutResponseHopLimit: Json, more: Props = {}) => ({
    metadataOptions: { httpPutResponseHopLimit, ...more },
  });
  const path = "metadataOptions.httpPutResponseHopLimit";
  const refused = (found: number, allowed = 1) =>
    violation(`${path}: answers of the metadata service travel ${found} hops, at most ${allowed} are allowed`);

  holds(id, [
    ...Object.values(everyLaunch).flatMap((launch): Case[] => [
      [`passes 1 in ${launch({}).type}`, launch(hops(1)), pass],
      [`refuses 2 in ${launch({}).type}`, launch(hops(2)), refused(2)],
    ]),
    ["passes undefined", instance({}), pass],
    ["passes a service that is off", instance(hops(64, { httpEndpoint: "disabled" })), pass],
    ["passes 2 for containers", template(hops(2)), pass, { maxHops: 2 }],
    ["refuses 3 for containers", template(hops(3)), refused(3, 2), { maxHops: 2 }],
    ["cannot judge an unknown", instance(hops(unknown)), unverifiable(path)],
    ["refuses no matter whether tokens are known", instance(hops(2, { httpTokens: unknown })), refused(2)],
  ]);

  test("remediation sets what is allowed, in place only", async () => {
    expect(await cure(id, template(hops(5, { httpTokens: unknown })), { maxHops: 2 })).toEqual(
      hops(2, { httpTokens: unknown }),
    );
    expect(await cure(id, instance(hops(2)))).toEqual(hops(1));
    expect(await cure(id, instance(hops(1)))).toBeUndefined();
    expect(await cure(id, instance(hops(unknown)))).toBeUndefined();
    expect(await cure(id, launchConfiguration(hops(2)))).toBeUndefined();
  });
});

describe("lp-user-data-secrets", () => {
  // Put together here, so that no scanner takes this file for a leak.
  const accessKey = `AKIA${"QWERTYUIOPASDFGH"}`;
  const script = `#!/bin/sh\nexport KEY=${accessKey}\n`;
  const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");
  const lambda = (variables: Json): Resource => ({
    type: "aws:lambda/function:Function",
    props: { environment: { variables } },
  });
  const inUserData = (path: string) => violation(`${path}: the user data holds what looks like an AWS access key id`);
  const inVariable = (name: string, kind = "a password or key") =>
    violation(`environment.variables.${name}: the variable holds what looks like ${kind}`);

  holds("lp-user-data-secrets", [
    ["passes a script", instance({ userData: "#!/bin/sh\napt-get install -y docker.io\n" }), pass],
    ["passes undefined", instance({}), pass],
    ...Object.values(everyLaunch).map(
      (launch): Case => [
        `refuses an access key in ${launch({}).type}`,
        launch({ userData: script }),
        inUserData("userData"),
      ],
    ),
    ["refuses it in base64", template({ userData: base64(script) }), inUserData("userData")],
    ["refuses it in userDataBase64", instance({ userDataBase64: base64(script) }), inUserData("userDataBase64")],
    ["refuses it compressed", instance({ userDataBase64: base64(gzipSync(script)) }), inUserData("userDataBase64")],
    [
      "passes compressed data that is damaged",
      instance({ userDataBase64: base64(gzipSync(script).subarray(0, 20)) }),
      pass,
    ],
    [
      "refuses it as a secret, which state keeps but AWS shows",
      instance({ userData: secret(script) }),
      inUserData("userData"),
    ],
    ["passes ordinary variables", lambda({ LOG_LEVEL: "info", TABLE: "orders" }), pass],
    ["passes undefined variables", { type: "aws:lambda/function:Function" }, pass],
    ["refuses an access key in a variable", lambda({ KEY: accessKey }), inVariable("KEY", "an AWS access key id")],
    ["refuses a variable that is a password by name", lambda({ DB_PASSWORD: "x" }), inVariable("DB_PASSWORD")],
    ["refuses one in small letters", lambda({ secret_key: "abc" }), inVariable("secret_key")],
    ["passes the ARN of a secret", lambda({ DB_PASSWORD: "arn:aws:secretsmanager:us-east-1:1:secret:db" }), pass],
    ["passes the name of a parameter", lambda({ DB_PASSWORD: "/shop/db/password" }), pass],
    ["passes a dynamic reference", lambda({ DB_PASSWORD: "{{resolve:ssm-secure:db:1}}" }), pass],
    ["passes an empty password", lambda({ DB_PASSWORD: "" }), pass],
    ["passes a name that goes on", lambda({ DB_PASSWORD_SECRET_NAME: "db" }), pass],
    ["cannot judge unknown user data", instance({ userData: unknown }), unverifiable("userData")],
    ["cannot judge unknown variables", lambda(unknown), unverifiable("environment.variables")],
    [
      "reports one variable beside an unknown one",
      lambda({ BUCKET: unknown, DB_PASSWORD: "x" }),
      { ...inVariable("DB_PASSWORD"), unknowns: ["environment.variables.BUCKET"] },
    ],
  ]);

  test.each<[string, string | undefined]>([
    [`id ${accessKey}.`, "an AWS access key id"],
    [`ASIA${accessKey.slice(4)}`, "an AWS access key id"],
    ["AKIAIOSFODNN7EXAMPLE", undefined],
    [`X${accessKey}`, undefined],
    [`aws_secret_access_key = ${"a1/+".repeat(10)}`, "an AWS secret access key"],
    [`"AwsSecretKey": "${"a1/+".repeat(10)}"`, "an AWS secret access key"],
    [`aws_secret_access_key = ${"a1/+".repeat(11)}`, undefined],
    ["-----BEGIN PRIVATE KEY-----", "a private key"],
    ["-----BEGIN RSA PRIVATE KEY-----", "a private key"],
    ["-----BEGIN PUBLIC KEY-----", undefined],
    [`token ghp_${"a".repeat(36)}`, "a GitHub token"],
    [`github_pat_${"a1_".repeat(14)}`, "a GitHub token"],
    [`glpat-${"a".repeat(20)}`, "a GitLab token"],
    [`HF_TOKEN=hf_${"aB".repeat(17)}`, "a Hugging Face token"],
    [`sk-ant-${"a1".repeat(16)}`, "an API key of a model provider"],
    [`sk-${"a1".repeat(16)}`, "an API key of a model provider"],
    [`task-${"a1".repeat(16)}`, undefined],
    [`AIza${"a1".repeat(17)}b`, "a Google API key"],
    ["xoxb-1234567890", "a Slack token"],
    [`sk_live_${"a".repeat(20)}`, "a Stripe key"],
    [`sk_test_${"a".repeat(20)}`, undefined],
    ["postgres://admin:hunter2@db.example.com/shop", "a URL with a password"],
    ["postgres://admin:$PASSWORD@db.example.com/shop", undefined],
    ["https://example.com:8080/a@b", undefined],
    ["DB_PASSWORD=hunter2x", "a password"],
    ['password: "hunter2x"', "a password"],
    ["DB_PASSWORD=$(aws ssm get-parameter)", undefined],
    ["DB_PASSWORD=$DB_PASSWORD", undefined],
    ["DB_PASSWORD={{ password }}", undefined],
    ["PASSWORD=/run/secrets/password", undefined],
    ["password=arn:aws:secretsmanager:us-east-1", undefined],
    ["lock_passwd: false", undefined],
    ["chpasswd:\n  expire: false", undefined],
    ["chpasswd: expires", undefined],
    ["passwd: $6$rounds", undefined],
    ["PasswordAuthentication no", undefined],
  ])("%s holds %s", (text, kind) => {
    expect(credentialIn(text)).toBe(kind);
  });
});
