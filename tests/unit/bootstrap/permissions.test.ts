import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  boundaryDocument,
  deployStatements,
  imageStatements,
  type Place,
  packed,
  policyLimit,
  readStatements,
  workloadBoundaryArn,
  workloadBoundaryDocument,
} from "../../../automation/bootstrap/permissions";
import { githubTrust, parseRepository } from "../../../automation/bootstrap/trust";
import { repoRoot } from "../../../automation/lib/paths";
import { environments } from "../../../components/lib/context";
import type { PlainStatement } from "../../../components/lib/iam";
import { globMatches } from "../../../policy-pack/lib/iam/glob";
import { systems } from "../../../stacks/systems";
import { recordShipped } from "../policy-pack/whole-stacks";

/** That AWS asks for no more, only a deployment there shows; that it grants no less, the documents do. */
const place: Place = {
  accountId: "123456789012",
  region: "eu-central-1",
  environment: "prod",
  systems: Object.keys(systems),
};
const builder = "arn:aws:iam::123456789012:role/platform-image-builder-prod";
const roles = {
  deploy: [...readStatements(place), ...deployStatements(place)],
  preview: readStatements(place),
  images: imageStatements(place, builder),
};
const actionsOf = (statements: readonly PlainStatement[]) => new Set(statements.flatMap(({ actions }) => actions));

const table = JSON.parse(readFileSync(join(repoRoot, "policy-pack/tables/iam-actions.json"), "utf8"))
  .services as Record<string, Record<string, string>>;
const kindOf = (action: string) => {
  const [service = "", name = ""] = action.split(":");
  return Object.entries(table[service] ?? {}).find(([, names]) => names.split?.(" ").includes(name))?.[0];
};

describe("[operations 4] what CI may do", () => {
  test.each(Object.entries(roles))("%s: every action is one that AWS knows", (_name, statements) => {
    for (const action of actionsOf(statements)) expect(kindOf(action), action).toBeDefined();
  });

  test("a deployment may call all that one called of the local AWS", () => {
    const measured = readFileSync(join(__dirname, "measured-calls.txt"), "utf8").trim().split("\n");
    expect(measured.length).toBeGreaterThan(150);
    const allowed = actionsOf(roles.deploy);
    expect(measured.filter((action) => !allowed.has(action))).toEqual([]);
  });

  test("a preview changes nothing, and reads nothing that systems store", () => {
    const changing = [...actionsOf(roles.preview)].filter((action) => kindOf(action) !== "read");
    expect(changing).toEqual([]);
    for (const action of [
      "s3:GetObject",
      "dynamodb:GetItem",
      "secretsmanager:GetSecretValue",
      "lambda:InvokeFunction",
    ]) {
      expect([...actionsOf(roles.preview)], action).not.toContain(action);
    }
  });

  test("what may reach everything has a condition, unless it reads or AWS knows no resource of it", () => {
    for (const { actions, resources = [], conditions } of roles.deploy) {
      if (!resources.includes("*") || conditions) continue;
      for (const action of actions) expect(["read", "writeAny", "permissions"], action).toContain(kindOf(action));
    }
  });

  test("no role can change the roles of CI or pass them on", () => {
    const own = ["role/platform-deploy-prod", "role/platform-preview-prod", "policy/platform-boundary-prod"];
    for (const { actions, resources = [], sid } of [...roles.deploy, ...roles.preview]) {
      if (!actions.some((action) => action.startsWith("iam:"))) continue;
      for (const name of own) {
        const reached = resources.filter((pattern) => globMatches(pattern, `arn:aws:iam::123456789012:${name}`));
        expect(reached, sid).toEqual([]);
      }
    }
  });

  test("a deployment gives roles permissions only within the boundary of workloads, and can't take it off", () => {
    const giving = new Set([
      "iam:CreateRole",
      "iam:PutRolePolicy",
      "iam:AttachRolePolicy",
      "iam:PutRolePermissionsBoundary",
    ]);
    const found = roles.deploy.filter(({ actions }) => actions.some((action) => giving.has(action)));
    expect(new Set(found.flatMap(({ actions }) => actions))).toEqual(giving);
    for (const { conditions } of found) {
      expect(conditions?.["StringEquals"]).toEqual({
        "iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/platform-workload-prod",
      });
    }
    expect([...actionsOf(roles.deploy)]).not.toContain("iam:DeleteRolePermissionsBoundary");
    const reaching = roles.deploy.filter(({ resources = [] }) =>
      resources.some((pattern) => globMatches(pattern, workloadBoundaryArn(place)) && pattern !== "*"),
    );
    expect(reaching).toEqual([]);
  });

  test("the boundary of workloads holds all that shipped stacks give their roles, and nothing of IAM", async () => {
    const [allow, deny] = JSON.parse(workloadBoundaryDocument(place)).Statement;
    const bounds = new Set<string>(allow.Action);
    for (const action of bounds) expect(kindOf(action), action).toBeDefined();
    expect([...bounds].filter((action) => /^(iam|sts|organizations|account):/.test(action))).toEqual([]);
    expect(deny).toMatchObject({ Effect: "Deny", Action: ["s3:*"], Resource: ["arn:aws:s3:::platform-*"] });
    for (const stack of ["dev", "free"]) {
      const { recording } = await recordShipped(stack);
      const given = recording
        .ofType("aws:iam/rolePolicy:RolePolicy")
        .flatMap(
          ({ inputs }) => JSON.parse(String(inputs["policy"])).Statement as { Effect: string; Action: string[] }[],
        )
        .filter(({ Effect }) => Effect === "Allow")
        .flatMap(({ Action }) => Action);
      expect(given.length).toBeGreaterThan(10);
      expect(given.filter((action) => !bounds.has(action))).toEqual([]);
    }
  }, 60_000);

  test("only the stacks of the environment are reached by name", () => {
    const buckets = roles.deploy.find(({ sid }) => sid === "ChangeS3Bucket")?.resources ?? [];
    const reaches = (arn: string) => buckets.some((pattern) => globMatches(pattern, arn));
    expect(reaches("arn:aws:s3:::phi3-weights-prod-0123abcd")).toBe(true);
    expect(reaches("arn:aws:s3:::phi3-weights-dev-0123abcd")).toBe(false);
    expect(reaches("arn:aws:s3:::platform-pulumi-state-prod-0123abcd")).toBe(false);
  });

  test("roles fit AWS's limits: ten policies each, and each below its length", () => {
    for (const [name, statements] of Object.entries(roles)) {
      const documents = packed(statements);
      expect(documents.length, name).toBeLessThanOrEqual(10);
      for (const document of documents) expect(document.length).toBeLessThanOrEqual(policyLimit);
    }
    expect(boundaryDocument(place).length).toBeLessThanOrEqual(policyLimit);
  });

  test("the boundary holds all that the roles are given, and not who may come in", () => {
    const [allow, deny] = JSON.parse(boundaryDocument(place)).Statement;
    for (const action of [...actionsOf(roles.deploy), ...actionsOf(roles.images)]) {
      expect(allow.Action, action).toContain(`${action.split(":")[0]}:*`);
    }
    expect(deny.Effect).toBe("Deny");
    expect(deny.Resource).toContain("arn:aws:iam::123456789012:oidc-provider/*");
  });

  property.prop({
    names: fc.uniqueArray(fc.stringMatching(/^[A-Z][a-zA-Z]{1,30}$/), { minLength: 1, maxLength: 120 }),
    limit: fc.integer({ min: 200, max: 3000 }),
  })("statements that are packed lose no action, and no document is too long", ({ names, limit }) => {
    const statement = { sid: "One", actions: names.map((name) => `ec2:${name}`), resources: ["arn:aws:ec2:::x"] };
    const documents = packed([statement, { ...statement, sid: "Two" }], limit).map((text) => {
      expect(text.length).toBeLessThanOrEqual(limit);
      return JSON.parse(text);
    });
    for (const sid of ["One", "Two"]) {
      const found = documents.flatMap(({ Statement }) =>
        Statement.filter((each: { Sid: string }) => each.Sid.startsWith(sid)).flatMap(
          (each: { Action: string[] }) => each.Action,
        ),
      );
      expect(found).toEqual(statement.actions);
    }
  });
});

describe("[operations 4] who may take on a role", () => {
  const repository = fc
    .tuple(
      fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?$/),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
    )
    .map(([owner, name]) => `${owner}/${name}`);

  property.prop({ repository, environment: fc.constantFrom(...environments) })(
    "jobs of this repository in this environment, with no wildcard",
    ({ repository: name, environment }) => {
      const provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
      const [statement, ...others] = JSON.parse(githubTrust(provider, parseRepository(name), environment)).Statement;
      expect(others).toEqual([]);
      expect(statement.Action).toBe("sts:AssumeRoleWithWebIdentity");
      expect(statement.Principal).toEqual({ Federated: provider });
      expect(statement.Condition).toEqual({
        StringEquals: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": `repo:${name}:environment:${environment}`,
        },
      });
    },
  );

  test.each([
    "",
    "name",
    "owner/",
    "/name",
    "owner/na me",
    "owner/*",
    "*/name",
    "owner/name:ref",
    "a/b/c",
    "-a/b",
    "a/..",
    "own_er/name",
  ])("%j is no repository", (text) => {
    expect(() => parseRepository(text)).toThrow("is no repository of GitHub");
  });
});
