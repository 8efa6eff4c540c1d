import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildPack } from "../../../policy-pack/build-pack";
import { packRoot } from "../../../policy-pack/lib/environment";
import { parseFreePlan, planSetting } from "../../../policy-pack/lib/free-tier/plan";
import { levelOf, parseProfile, profileNames, profiles } from "../../../policy-pack/lib/profiles";
import { defineRule, type Rule } from "../../../policy-pack/lib/rule";
import { Truth } from "../../../policy-pack/lib/truth";
import { rules } from "../../../policy-pack/registry";
import { rulesDocument } from "../../../policy-pack/tools/generate-docs";
import { iamActionsTable } from "../../../policy-pack/tools/generate-iam-actions";
import { taggableTable } from "../../../policy-pack/tools/generate-taggable";
import { servePack, unknown } from "../../support/policy-harness";
import { development, serve, today } from "./rules";

describe("inventory", () => {
  test("the pack holds exactly these rules", () => {
    expect(rules.map(({ id, severity, family }) => `${family}/${id} ${severity}`)).toEqual([
      "tagging/tag-allowed-values low",
      "tagging/tag-asg-propagate medium",
      "tagging/tag-instance-volumes low",
      "tagging/tag-key-hygiene low",
      "tagging/tag-lt-tagspecs medium",
      "tagging/tag-no-secrets high",
      "tagging/tag-rds-copy-to-snapshot low",
      "tagging/tag-required-keys medium",
      "encryption/enc-acm-key medium",
      "encryption/enc-alb-https high",
      "encryption/enc-alb-tls-policy high",
      "encryption/enc-apigw-cache medium",
      "encryption/enc-apigw-domain-tls medium",
      "encryption/enc-cf-min-tls medium",
      "encryption/enc-cf-origin-tls medium",
      "encryption/enc-cf-viewer-https high",
      "encryption/enc-dynamodb-at-rest low",
      "encryption/enc-ebs-default medium",
      "encryption/enc-ebs-volume high",
      "encryption/enc-ec2-block-devices high",
      "encryption/enc-efs-at-rest high",
      "encryption/enc-elasticache-at-rest high",
      "encryption/enc-elasticache-auth medium",
      "encryption/enc-elasticache-in-transit high",
      "encryption/enc-kms-rotation medium",
      "encryption/enc-logs-cmk low",
      "encryption/enc-lt-block-devices high",
      "encryption/enc-rds-cluster high",
      "encryption/enc-rds-force-tls medium",
      "encryption/enc-rds-instance high",
      "encryption/enc-s3-at-rest medium",
      "encryption/enc-s3-tls-only medium",
      "encryption/enc-secret-cmk low",
      "encryption/enc-sns-at-rest medium",
      "encryption/enc-sqs-at-rest high",
      "exposure/lp-alb-hardening medium",
      "exposure/lp-apigw-auth high",
      "exposure/lp-cf-oac medium",
      "exposure/lp-cors-star medium",
      "exposure/lp-default-sg-closed high",
      "exposure/lp-ec2-public-ip high",
      "exposure/lp-edge-waf low",
      "exposure/lp-iam-access-key medium",
      "exposure/lp-iam-action-star high",
      "exposure/lp-iam-admin-star critical",
      "exposure/lp-iam-cred-exposure high",
      "exposure/lp-iam-data-exfil high",
      "exposure/lp-iam-full-iam critical",
      "exposure/lp-iam-kms-decrypt-star medium",
      "exposure/lp-iam-managed-admin critical",
      "exposure/lp-iam-not-action high",
      "exposure/lp-iam-oidc-sub high",
      "exposure/lp-iam-passrole-star high",
      "exposure/lp-iam-permissions-mgmt high",
      "exposure/lp-iam-priv-esc high",
      "exposure/lp-iam-resource-star-write high",
      "exposure/lp-iam-service-star medium",
      "exposure/lp-iam-trust-account-root medium",
      "exposure/lp-iam-trust-star critical",
      "exposure/lp-iam-user-direct low",
      "exposure/lp-imds-hop-limit medium",
      "exposure/lp-imdsv2 high",
      "exposure/lp-kms-policy-star critical",
      "exposure/lp-lambda-perm-public critical",
      "exposure/lp-lambda-perm-source high",
      "exposure/lp-lambda-url-auth high",
      "exposure/lp-nacl-admin-ports medium",
      "exposure/lp-queue-topic-public critical",
      "exposure/lp-rds-managed-password medium",
      "exposure/lp-rds-public critical",
      "exposure/lp-resource-policy-public high",
      "exposure/lp-s3-acl critical",
      "exposure/lp-s3-acl-disabled medium",
      "exposure/lp-s3-bpa-flags high",
      "exposure/lp-s3-bpa-present high",
      "exposure/lp-s3-policy-any-principal critical",
      "exposure/lp-sg-description low",
      "exposure/lp-sg-egress-any low",
      "exposure/lp-sg-high-risk-ports high",
      "exposure/lp-sg-rdp-open critical",
      "exposure/lp-sg-ssh-open critical",
      "exposure/lp-sg-unrestricted-ports high",
      "exposure/lp-subnet-auto-public-ip medium",
      "exposure/lp-user-data-secrets critical",
      "exposure/lp-waf-rules medium",
      "reliability/rel-alb-deletion-protection low",
      "reliability/rel-asg-elb-health low",
      "reliability/rel-asg-launch-template medium",
      "reliability/rel-dynamodb-deletion-protection medium",
      "reliability/rel-dynamodb-pitr medium",
      "reliability/rel-elasticache-backup medium",
      "reliability/rel-elasticache-failover low",
      "reliability/rel-kms-deletion-window low",
      "reliability/rel-lambda-runtime medium",
      "reliability/rel-rds-backup high",
      "reliability/rel-rds-deletion-protection medium",
      "reliability/rel-rds-final-snapshot medium",
      "reliability/rel-rds-minor-upgrade medium",
      "reliability/rel-rds-multi-az low",
      "reliability/rel-s3-lifecycle low",
      "reliability/rel-s3-versioning medium",
      "reliability/rel-sqs-dlq low",
      "reliability/rel-tg-healthcheck low",
      "logging/log-alarm-actions low",
      "logging/log-alb-access low",
      "logging/log-apigw-access medium",
      "logging/log-apigw-no-data-trace medium",
      "logging/log-cf-access low",
      "logging/log-lambda-log-group low",
      "logging/log-loggroup-retention medium",
      "logging/log-rds-exports low",
      "logging/log-vpc-flow low",
      "logging/log-waf low",
      "logging/log-xray low",
      "free-tier/ft-acm-export medium",
      "free-tier/ft-alb medium",
      "free-tier/ft-apigw medium",
      "free-tier/ft-budget-present high",
      "free-tier/ft-cloudfront medium",
      "free-tier/ft-cloudwatch-counts medium",
      "free-tier/ft-dynamodb-capacity medium",
      "free-tier/ft-ebs-total medium",
      "free-tier/ft-ec2-credits medium",
      "free-tier/ft-ec2-hours high",
      "free-tier/ft-ec2-monitoring low",
      "free-tier/ft-ec2-type high",
      "free-tier/ft-efs low",
      "free-tier/ft-elasticache-node medium",
      "free-tier/ft-interface-endpoint high",
      "free-tier/ft-kms-cmk medium",
      "free-tier/ft-lambda-shape low",
      "free-tier/ft-nat-gateway high",
      "free-tier/ft-public-ipv4 medium",
      "free-tier/ft-rds-extended-support medium",
      "free-tier/ft-rds-shape high",
      "free-tier/ft-rds-storage medium",
      "free-tier/ft-secrets medium",
      "free-tier/ft-waf medium",
      "inference/llm-engine-port-public critical",
      "inference/llm-engine-sources high",
      "inference/llm-generation-timeouts medium",
      "inference/llm-gpu-budget medium",
      "inference/llm-gpu-zero medium",
      "inference/llm-image-digest medium",
      "inference/llm-provider-keys critical",
      "inference/llm-weights-checksum medium",
    ]);
  });

  test("these rules offer remediation", () => {
    expect(rules.filter(({ remedy }) => remedy).map(({ id }) => id)).toEqual([
      "tag-asg-propagate",
      "tag-instance-volumes",
      "tag-lt-tagspecs",
      "tag-rds-copy-to-snapshot",
      "tag-required-keys",
      "enc-alb-tls-policy",
      "enc-cf-viewer-https",
      "enc-ebs-default",
      "enc-kms-rotation",
      "enc-sns-at-rest",
      "enc-sqs-at-rest",
      "lp-alb-hardening",
      "lp-default-sg-closed",
      "lp-imds-hop-limit",
      "lp-imdsv2",
      "lp-rds-public",
      "lp-s3-acl",
      "lp-s3-bpa-flags",
      "lp-subnet-auto-public-ip",
      "rel-alb-deletion-protection",
      "rel-asg-elb-health",
      "rel-dynamodb-deletion-protection",
      "rel-dynamodb-pitr",
      "rel-elasticache-backup",
      "rel-rds-backup",
      "rel-rds-deletion-protection",
      "rel-rds-minor-upgrade",
      "log-apigw-no-data-trace",
      "log-loggroup-retention",
      "log-rds-exports",
      "log-xray",
      "ft-ec2-credits",
      "ft-ec2-monitoring",
      "ft-rds-shape",
    ]);
  });

  test("RULES.md says what the rules say", () => {
    const file = readFileSync(join(packRoot, "RULES.md"), "utf8");
    expect(file, "run `npm run policies:docs`").toBe(rulesDocument());
  });

  test("tables are those of the installed packages", () => {
    const table = (name: string): string => readFileSync(join(packRoot, "tables", name), "utf8");
    expect(table("taggable.json") === taggableTable(), "run `npm run policies:tables`").toBe(true);
    expect(table("iam-actions.json") === iamActionsTable(), "run `npm run policies:tables`").toBe(true);
  });
});

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  const source = readFileSync(join(packRoot, "rules", rule.family, `${id}.ts`), "utf8");
  const block = source.match(/\/\*\*\n([\s\S]*?)\n \*\//)?.[1]?.replace(/^ \* ?/gm, "") ?? "";
  const tag = (name: string): string | undefined => block.match(new RegExp(`^@${name} (.+)$`, "m"))?.[1];
  const list = (ids: readonly string[]): string => ids.join(" ") || "none";

  test("its doc block agrees with its data", () => {
    expect(block.split("\n", 1)[0]).toBe(`${id}: ${rule.title}`);
    expect(tag("severity")).toBe(rule.severity);
    expect(tag("checkov")).toBe(list(rule.checkov));
    expect(tag("securityHub")).toBe(list(rule.securityHub));
    expect(tag("see")).toBe(rule.page);
    expect(block).toMatch(/Undefined:\s(violation|passes|does not arise)/);
  });

  test("says why and how, and can find something", () => {
    expect(rule.why).toMatch(/^[A-Z].{20,}\.$/s);
    expect(rule.fix).toMatch(/^[a-z].{15,}\.$/s);
    expect(rule.title).not.toMatch(/\.$/);
    expect(rule.page).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    expect(rule.check === undefined).toBe(rule.types.size === 0);
    // A rule of the whole stack names no types, and one of resources does.
    expect(rule.types.size > 0 || rule.checkStack !== undefined).toBe(true);
  });

  test("its settings have defaults and descriptions, so that no config is needed", () => {
    const schema = z.toJSONSchema(rule.settings, { io: "input" });
    for (const field of Object.values(schema.properties ?? {})) {
      expect(field).toEqual(expect.objectContaining({ default: expect.anything(), description: expect.any(String) }));
    }
  });
});

describe("profiles", () => {
  const probe = (more: Partial<Rule>): Rule => ({
    ...defineRule({
      id: "probe",
      family: "exposure",
      title: "Probe",
      severity: "high",
      why: "",
      fix: "",
      checkov: [],
      securityHub: [],
      page: "",
      types: [],
    }),
    ...more,
  });

  test.each([
    ["critical", "mandatory", "mandatory", "mandatory"],
    ["high", "mandatory", "mandatory", "mandatory"],
    ["medium", "advisory", "mandatory", "advisory"],
    ["low", "advisory", "advisory", "advisory"],
  ] as const)("%s is %s in dev, %s in prod, %s in free", (severity, ...levels) => {
    expect(profileNames.map((profile) => levelOf(probe({ severity }), profile))).toEqual(levels);
  });

  test("tags are enforced in every profile", async () => {
    for (const profile of profileNames) {
      expect((await serve({ profile })).levels["tag-required-keys"]).toBe("mandatory");
    }
  });

  test("free-tier rules and what they contradict never judge the same resource", async () => {
    const finds: Partial<Rule> = {
      types: new Set(["a:b:C"]),
      check: (_, report) => report.when(Truth.yes, "", "it is there"),
      checkStack: (stack, report) => {
        for (const resource of stack.resources) report.on(resource).when(Truth.yes, "", "it is there");
      },
    };
    const pair = [
      probe({ ...finds, id: "ft-probe", family: "free-tier" }),
      probe({ ...finds, id: "contradicted", unlessFree: "ft-probe" }),
    ];
    const marked = { type: "a:b:C", props: { tags: { CostTier: "free-tier" } } };
    const unmarked = { type: "a:b:C", props: { tags: { CostTier: "always-on" } } };
    const undecided = { type: "a:b:C", props: { tags: { CostTier: unknown } } };
    for (const profile of profileNames) {
      const pack = await servePack(buildPack(pair, { ...development, profile }, today));
      const said = async (resource: typeof marked) =>
        [...(await pack.analyze(resource)), ...(await pack.analyzeStack([resource]))].map(
          ({ policy, message }) => `${policy}${message.includes("cannot be known") ? " ?" : ""}`,
        );
      const free = ["ft-probe", "ft-probe"];
      expect(await said(marked), profile).toEqual(free);
      expect(await said(unmarked), profile).toEqual(profile === "free" ? free : ["contradicted", "contradicted"]);
      // Both hang on the tag, which is said once.
      expect(await said(undecided), profile).toEqual(profile === "free" ? free : ["ft-probe ?", "ft-probe ?"]);
    }
  });

  test("a rule that gives way to a free-tier rule names one that exists", () => {
    const freeTier = rules.filter(({ family }) => family === "free-tier").map(({ id }) => id);
    for (const { unlessFree } of rules) expect([undefined, ...freeTier]).toContain(unlessFree);
  });

  test("settings and exceptions are for rules that exist", () => {
    const ids = rules.map(({ id }) => id);
    for (const { overrides, settings } of Object.values(profiles)) {
      for (const id of Object.keys({ ...overrides, ...settings })) expect(ids).toContain(id);
    }
  });

  test("a profile's settings keep the rule's level, which the engine would reset", () => {
    const { initialConfig } = buildPack(rules, development, today);
    expect(initialConfig).toEqual({ "log-loggroup-retention": { enforcementLevel: "advisory", remedyDays: 14 } });
  });

  test("the plan of the stack config goes to every rule that has the setting, with its level", () => {
    const withPlan = defineRule({
      ...probe({ id: "ft-plan", family: "free-tier" }),
      types: [],
      settings: z.strictObject({ plan: planSetting }),
      check: undefined,
      checkStack: undefined,
      remedy: undefined,
    });
    const { initialConfig } = buildPack([withPlan, probe({})], { ...development, freePlan: "legacy12" }, today);
    expect(initialConfig).toEqual({ "ft-plan": { enforcementLevel: "mandatory", plan: "legacy12" } });
    expect(parseFreePlan(undefined)).toBe(undefined);
    expect(parseFreePlan("always-free")).toBe("always-free");
    expect(() => parseFreePlan("free")).toThrow(
      'The stack config policy:freePlan is "free"; expected one of credits, legacy12, always-free. Set it with `pulumi config set policy:freePlan credits`.',
    );
  });

  test("an exemption from a rule that the profile turns off is not unused", async () => {
    const exemption = {
      rule: "ft-probe",
      resource: "*::cache",
      reason: "The free stack does without",
      owner: "me",
      expires: "2026-07-01",
    };
    const exemptions = { file: "f", text: JSON.stringify({ exemptions: [exemption] }) };
    const said = async (profile: "dev" | "free") => {
      const rule = probe({ id: "ft-probe", unlessFree: "ft-other", checkStack: () => undefined });
      const pack = await servePack(buildPack([rule], { ...development, profile, exemptions }, today));
      return (await pack.analyzeStack([])).length;
    };
    expect([await said("dev"), await said("free")]).toEqual([1, 0]);
  });

  test("dev is the default, and a wrong name is refused with the right ones", () => {
    expect(parseProfile(undefined)).toBe("dev");
    expect(parseProfile("prod")).toBe("prod");
    expect(() => parseProfile("production")).toThrow(
      'The stack config policy:profile is "production"; expected one of dev, prod, free. Set it with `pulumi config set policy:profile dev`.',
    );
  });
});

describe("--policy-pack-config", () => {
  const group = { type: "aws:cloudwatch/logGroup:LogGroup", props: { tags: {} } };

  test("a rule's level wins over the profile's", async () => {
    const pack = await serve({ profile: "prod" }, { "log-loggroup-retention": "advisory" });
    expect(pack.levels["log-loggroup-retention"]).toBe("advisory");
    expect(pack.levels["lp-sg-ssh-open"]).toBe("mandatory");
    const levels = (await pack.analyze(group)).map(({ policy, level }) => [policy, level]);
    expect(levels).toContainEqual(["log-loggroup-retention", "advisory"]);
  });

  test("a disabled rule says nothing", async () => {
    const pack = await serve({}, { "tag-required-keys": "disabled", "log-loggroup-retention": "disabled" });
    expect(await pack.analyze(group)).toEqual([]);
  });

  test("settings win over the profile's, and what is not set stays", async () => {
    const settings = { enforcementLevel: "remediate", remedyDays: 7 } as const;
    const pack = await serve({ profile: "dev" }, { "log-loggroup-retention": settings });
    const cure = (await pack.remediate(group)).find(({ policy }) => policy === "log-loggroup-retention");
    expect(cure?.props["retentionInDays"]).toBe(7);
  });

  test("settings that do not fit are a mandatory finding that says which", async () => {
    const pack = await serve(
      {},
      { all: "disabled", "tag-required-keys": { enforcementLevel: "advisory", key: ["Owner"] } },
    );
    const [diagnostic, ...others] = await pack.analyze(group);
    expect(others).toEqual([]);
    expect(diagnostic).toEqual(expect.objectContaining({ policy: "tag-required-keys", level: "mandatory" }));
    expect(diagnostic?.message).toContain('the settings of tag-required-keys are wrong: ✖ Unrecognized key: "key"');
  });
});

describe("messages", () => {
  test("say what, where, why, how and what other tools call it", async () => {
    const pack = await serve();
    const [diagnostic] = (await pack.analyze({ type: "aws:efs/fileSystem:FileSystem" })).filter(
      ({ policy }) => policy === "enc-efs-at-rest",
    );
    expect(diagnostic).toEqual({
      policy: "enc-efs-at-rest",
      level: "mandatory",
      urn: "urn:pulumi:dev::shop::aws:efs/fileSystem:FileSystem::it",
      message: [
        "[enc-efs-at-rest] encrypted: the file system is not encrypted.",
        "Why: EFS encrypts nothing unless told to, and encryption can only be chosen when the file system is made.",
        "Fix: set `encrypted: true`. On an existing file system this makes a new one: copy the data first.",
        "See: CKV_AWS_42, Security Hub EFS.1, https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html",
      ].join("\n"),
    });
  });

  test("all findings of a rule in a resource share one", async () => {
    const pack = await serve();
    const ingress = { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] };
    const diagnostics = await pack.analyze({
      type: "aws:ec2/securityGroup:SecurityGroup",
      props: { ingress: [ingress] },
    });
    const [ssh, ...others] = diagnostics.filter(({ policy }) => policy === "lp-sg-ssh-open");
    expect(others).toEqual([]);
    expect(ssh?.message.match(/^\[lp-sg-ssh-open\]/gm)).toHaveLength(2);
  });
});

describe("what cannot be known", () => {
  const rolePolicy = (policy: string) => ({ type: "aws:iam/rolePolicy:RolePolicy", props: { policy } });

  test("is said once for all rules that read it, and again for the next resource", async () => {
    const pack = await serve();
    for (const _ of ["preview", "update"]) {
      const diagnostics = await pack.analyze(rolePolicy(unknown));
      expect(diagnostics.map(({ level, message }) => [level, message])).toEqual([
        [
          "advisory",
          expect.stringMatching(/^\[lp-iam-[a-z-]+\] cannot be known at preview: policy\. This rule and all others/),
        ],
      ]);
    }
  });

  test("is said by another rule when the first is off", async () => {
    const first = (await (await serve()).analyze(rolePolicy(unknown)))[0]?.policy ?? "none";
    const others = await (await serve({}, { [first]: "disabled" })).analyze(rolePolicy(unknown));
    expect(others.map(({ message }) => message)).toEqual([expect.stringContaining(": policy. This rule")]);
    expect(others[0]?.policy).not.toBe(first);
  });

  test("is said of each property", async () => {
    const statement = (Action: string, Resource: string) => ({ Effect: "Allow", Action, Resource });
    const policy = { Statement: [statement(unknown, "*"), statement("s3:PutObject", unknown)] };
    const diagnostics = await (await serve()).analyze({ type: "aws:iam/rolePolicy:RolePolicy", props: { policy } });
    const paths = diagnostics.flatMap(({ message }) => message.match(/Statement\[\d\]\.\w+/g) ?? []);
    expect(paths.sort()).toEqual(["Statement[0].Action", "Statement[1].Resource"]);
  });
});

describe("a faulty rule", () => {
  const faulty = (more: Partial<Parameters<typeof defineRule>[0]>): Rule =>
    defineRule({
      id: "probe-faulty",
      family: "exposure",
      title: "Probe",
      severity: "low",
      why: "",
      fix: "",
      checkov: [],
      securityHub: [],
      page: "",
      types: ["aws:efs/fileSystem:FileSystem"],
      ...more,
    });
  const fails = (): never => JSON.parse("hunter2") as never;
  const fileSystem = { type: "aws:efs/fileSystem:FileSystem", props: { encrypted: false } };

  test("fails closed, keeps the others running and quotes nothing it read", async () => {
    const probe = faulty({
      check(_, report) {
        report.when(Truth.yes, "first", "found before the fault");
        fails();
      },
    });
    const pack = await servePack(buildPack([probe, ...rules], development, today));
    const diagnostics = await pack.analyze(fileSystem);
    const own = diagnostics.filter(({ policy }) => policy === "probe-faulty");
    expect(own.map(({ level }) => level)).toEqual(["mandatory", "advisory"]);
    expect(own[0]?.message).toMatch(/^\[probe-faulty\] internal error: the rule threw SyntaxError/);
    expect(own[0]?.message).toMatch(/\nat .*:\d+/);
    expect(own[1]?.message).toContain("first: found before the fault");
    expect(JSON.stringify(own)).not.toContain("hunter2");
    expect(diagnostics.map(({ policy }) => policy)).toContain("enc-efs-at-rest");
  });

  test("a rule that throws something else than an error is named by the kind of it, and not quoted", async () => {
    const probe = faulty({
      check: () => {
        throw "hunter2";
      },
    });
    const pack = await servePack(buildPack([probe], development, today));
    const [said] = await pack.analyze(fileSystem);
    expect(said?.message).toMatch(
      /^\[probe-faulty\] internal error: the rule threw string, so it could not judge .*\nFix: /,
    );
    expect(said?.message).not.toContain("hunter2");
  });

  test("fails closed over a stack", async () => {
    const pack = await servePack(buildPack([faulty({ checkStack: fails })], development, today));
    const diagnostics = await pack.analyzeStack([fileSystem]);
    expect(diagnostics.map(({ level }) => level)).toEqual(["mandatory"]);
  });

  test("a remedy can set nothing that is unknown, nor below it", async () => {
    const edits = [["encrypted"], ["tags", "Owner"], ["name", "first"], ["new", "below"]];
    const probe = faulty({ remedy: () => edits.map((path) => ({ path, value: "set" })) });
    const pack = await servePack(buildPack([probe], development, today), { "probe-faulty": "remediate" });
    const props = { encrypted: unknown, tags: unknown, name: "text" };
    const [cure] = await pack.remediate({ type: fileSystem.type, props });
    expect(cure?.props).toEqual({ ...props, new: { below: "set" } });
  });

  test("a remedy that fails changes nothing and is reported by the validation", async () => {
    const probe = faulty({ remedy: fails, check: () => undefined });
    const pack = await servePack(buildPack([probe], development, today), { "probe-faulty": "remediate" });
    expect(await pack.remediate(fileSystem)).toEqual([]);
    const diagnostics = await pack.analyze(fileSystem);
    expect(diagnostics.map(({ level, message }) => [level, message.split(":")[0]])).toEqual([
      ["mandatory", "[probe-faulty] internal error"],
    ]);
  });
});
