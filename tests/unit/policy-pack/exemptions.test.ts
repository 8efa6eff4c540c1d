import { describe, expect, test } from "vitest";
import { parseExemptions } from "../../../policy-pack/lib/exemptions";
import { rules } from "../../../policy-pack/registry";
import { unknown } from "../../support/policy-harness";
import { serve, today } from "./rules";

const ssh = { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] };
const web = { protocol: "tcp", fromPort: 8080, toPort: 8080, cidrBlocks: ["0.0.0.0/0"] };
const type = "aws:ec2/securityGroup:SecurityGroup";
const bastion = { type, name: "bastion", props: { ingress: [ssh] } };

const valid = {
  rule: "lp-sg-ssh-open",
  resource: `urn:pulumi:*::shop::${type}::bastion`,
  reason: "Partners connect from changing addresses until the VPN is ready",
  owner: "platform team",
  expires: "2026-09-30",
};

function file(...exemptions: readonly object[]) {
  return { file: "policy-exemptions.yaml", text: JSON.stringify({ exemptions }) };
}

/** Only the rules under test and the exemptions' own policy speak. */
const spoken = new Set(["lp-sg-ssh-open", "lp-s3-bpa-present", "enc-s3-tls-only"]);
const only = Object.fromEntries(rules.filter(({ id }) => !spoken.has(id)).map(({ id }) => [id, "disabled" as const]));

/** What a whole preview of these resources says. */
async function preview(
  exemptions: ReturnType<typeof file>,
  resources = [bastion],
  environment = {},
  config: Parameters<typeof serve>[1] = only,
) {
  const pack = await serve({ exemptions, ...environment }, config);
  const resourceFindings = [];
  for (const resource of resources) resourceFindings.push(...(await pack.analyze(resource)));
  return [...resourceFindings, ...(await pack.analyzeStack(resources))];
}

describe("an exemption", () => {
  test("excuses the finding and is listed at the end", async () => {
    expect(await preview(file(valid))).toEqual([
      {
        policy: "pack-exemptions",
        level: "advisory",
        urn: "",
        message:
          "Exemptions in force:\n" +
          `lp-sg-ssh-open on urn:pulumi:*::shop::${type}::bastion: 1 finding until 2026-09-30, platform team: ` +
          "Partners connect from changing addresses until the VPN is ready",
      },
    ]);
  });

  test("excuses no other rule and no other resource", async () => {
    const other = { ...bastion, name: "web" };
    const said = await preview(file(valid), [bastion, other], {}, { ...only, "lp-sg-unrestricted-ports": "mandatory" });
    expect(said.map(({ policy, urn }) => `${policy} ${urn.split("::").at(-1)}`)).toEqual([
      "lp-sg-unrestricted-ports bastion",
      "lp-sg-ssh-open web",
      "lp-sg-unrestricted-ports web",
      "pack-exemptions ",
    ]);
  });

  test("can be for one finding of several", async () => {
    const both = { ...bastion, props: { ingress: [web, { ...ssh, cidrBlocks: ["0.0.0.0/0", "::/0"] }] } };
    const said = await preview(file({ ...valid, finding: "ingress[1].cidrBlocks[1]" }), [both]);
    expect(said[0]?.message).toContain("ingress[1].cidrBlocks[0]");
    expect(said[0]?.message).not.toContain("ingress[1].cidrBlocks[1]");
  });

  test("holds on its last day and not on the next", async () => {
    expect((await preview(file({ ...valid, expires: "2026-06-15" })))[0]?.message).toMatch(/^Exemptions in force/);
    const said = await preview(file({ ...valid, expires: "2026-06-14" }));
    expect(said.map(({ policy, level }) => [policy, level])).toEqual([
      ["lp-sg-ssh-open", "mandatory"],
      ["pack-exemptions", "advisory"],
    ]);
    expect(said[1]?.message).toContain("exemption 1 (lp-sg-ssh-open on");
    expect(said[1]?.message).toContain("has expired");
  });

  test("that has expired is refused in prod", async () => {
    const said = await preview(file({ ...valid, expires: "2026-06-14" }), [bastion], { profile: "prod" });
    expect(said.at(-1)).toEqual(expect.objectContaining({ policy: "pack-exemptions", level: "mandatory" }));
  });

  test("that excuses nothing is said to be unused", async () => {
    const said = await preview(file(valid), [{ ...bastion, props: { ingress: [] } }]);
    expect(said.map(({ policy, level }) => [policy, level])).toEqual([["pack-exemptions", "advisory"]]);
    expect(said[0]?.message).toContain("excuses nothing in this stack");
  });

  test("is not unused while its finding cannot be known", async () => {
    const said = await preview(file(valid), [{ ...bastion, props: { ingress: [{ ...ssh, cidrBlocks: [unknown] }] } }]);
    expect(said.map(({ policy }) => policy)).toEqual(["lp-sg-ssh-open"]);
  });

  test("for another stack neither holds nor is unused", async () => {
    const said = await preview(file({ ...valid, stacks: ["prod"] }));
    expect(said.map(({ policy }) => policy)).toEqual(["lp-sg-ssh-open"]);
    const inProd = await preview(file({ ...valid, stacks: ["prod"] }), [bastion], { stack: "prod" });
    expect(inProd.map(({ policy }) => policy)).toEqual(["pack-exemptions"]);
  });

  test("excuses a finding of the whole stack", async () => {
    const bucket = { type: "aws:s3/bucket:Bucket", name: "site", props: {} };
    const exemption = { ...valid, rule: "lp-s3-bpa-present", resource: "*::site" };
    const said = await preview(file(exemption), [bucket as never], {}, { ...only, "enc-s3-tls-only": "disabled" });
    expect(said.map(({ policy }) => policy)).toEqual(["pack-exemptions"]);
    expect(said[0]?.message).toContain("lp-s3-bpa-present on *::site: 1 finding");
  });
});

describe("refused entries", () => {
  const { reason: _, ...withoutReason } = valid;
  const { owner: __, ...withoutOwner } = valid;
  const { expires: ___, ...withoutDate } = valid;

  test.each<[string, object, string]>([
    ["no reason", withoutReason, "reason"],
    ["an empty reason", { ...valid, reason: "  -  " }, "say in a sentence why the finding is acceptable"],
    ["no owner", withoutOwner, "owner"],
    ["no date", withoutDate, "expires"],
    ["a date that is none", { ...valid, expires: "next year" }, "expected a date such as 2027-03-31"],
    ["a date more than a year away", { ...valid, expires: "2027-06-17" }, "runs for more than a year"],
    ["a key that means nothing", { ...valid, until: "2026-09-30" }, 'Unrecognized key: "until"'],
    ["all rules", { ...valid, rule: "*" }, 'names no rule of this pack: "*"'],
    ["a rule that does not exist", { ...valid, rule: "lp-ssh" }, 'names no rule of this pack: "lp-ssh"'],
    ["every resource", { ...valid, resource: "*" }, "is too broad"],
    ["every resource of a type", { ...valid, resource: `*::${type}::*` }, "is too broad"],
    ["almost every resource", { ...valid, resource: "*::a*" }, "is too broad"],
    ["no resource", { ...valid, resource: "" }, "is too broad"],
  ])("%s", async (_name, entry, text) => {
    const said = await preview(file(entry));
    expect(said.map(({ policy, level }) => [policy, level])).toEqual([
      ["lp-sg-ssh-open", "mandatory"],
      ["pack-exemptions", "mandatory"],
    ]);
    expect(said[1]?.message).toContain(text);
    expect(said[1]?.message).toContain("policy-exemptions.yaml, exemption 1");
  });

  test("a year from today is still accepted, and so is part of a name", () => {
    const text = file(
      { ...valid, expires: "2027-06-15" },
      { ...valid, resource: "*::web-*" },
      { ...valid, resource: "*::db" },
      { ...valid, resource: "*::web*" },
    ).text;
    expect(parseExemptions(text, "f", new Set([valid.rule]), today).problems).toEqual([]);
  });

  test("the moments count at which an entry becomes too long and at which it ends", () => {
    const end = Date.parse("2027-06-15T23:59:59.999Z");
    const judgedAt = (moment: number) => {
      const { text } = file({ ...valid, expires: "2027-06-15" });
      return parseExemptions(text, "f", new Set([valid.rule]), new Date(moment)).problems.map(
        ({ severity }) => severity,
      );
    };
    const year = 366 * 24 * 3600 * 1000;
    expect([judgedAt(end - year - 1), judgedAt(end - year)]).toEqual([["refused"], []]);
    expect([judgedAt(end), judgedAt(end + 1)]).toEqual([[], ["expired"]]);
  });
});

describe("the file", () => {
  const parse = (text: string) => parseExemptions(text, "f.yaml", new Set([valid.rule]), today);

  test("is YAML", () => {
    const lines = Object.entries(valid).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`);
    const { exemptions } = parse(`exemptions:\n  -\n${lines.join("\n")}`);
    expect(exemptions).toEqual([valid]);
  });

  test("takes a date without quotes", () => {
    const [exemption] = parse(
      `exemptions:\n  - {rule: lp-sg-ssh-open, resource: "*::bastion", reason: Because of the VPN, owner: me, expires: 2026-09-30}`,
    ).exemptions;
    expect(exemption?.expires).toBe("2026-09-30");
  });

  test("may be empty", () => {
    expect(parse("").exemptions).toEqual([]);
    expect(parse("exemptions:").exemptions).toEqual([]);
  });

  test("stops the pack when it cannot be read", () => {
    expect(() => parse("exemptions: [")).toThrow(/^f\.yaml is not valid YAML: (?!YAMLParseError)/);
    expect(() => parse("- rule: x")).toThrow(/^f\.yaml must hold a list named "exemptions":/);
    expect(() => parse("exemption: []")).toThrow(/Unrecognized key: "exemption"/);
  });
});
