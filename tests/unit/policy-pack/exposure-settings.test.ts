import { describe, expect, test } from "vitest";
import { type Json, type Resource, secret, unknown } from "../../support/policy-harness";
import { type Case, cure, holds } from "./holds";
import { judge, pass, unverifiable, violation } from "./rules";

type Props = Record<string, Json>;
const block = (props: Props, owner = "bucket"): Resource =>
  owner === "bucket"
    ? { type: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", props }
    : { type: "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", props };
const flags = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
const all = Object.fromEntries(flags.map((flag) => [flag, true]));
/** The cases of one rule. */
function judged(id: string, cases: readonly Case[]): void {
  describe(id, () => holds(id, cases));
}

judged("lp-s3-bpa-flags", [
  ["passes all four", block(all), pass],
  ["passes all four as text", block({ ...all, blockPublicAcls: "true" }), pass],
  ["refuses none", block({}), violation(...flags.map((flag) => `${flag}: is not true`))],
  [
    "refuses one that is off, of an account",
    block({ ...all, ignorePublicAcls: false }, "account"),
    violation("ignorePublicAcls: is not true"),
  ],
  [
    "reports one beside an unknown one",
    block({ ...all, blockPublicAcls: unknown, blockPublicPolicy: false }),
    { violations: ["blockPublicPolicy: is not true"], unknowns: ["blockPublicAcls"] },
  ],
]);

describe("lp-s3-bpa-flags as a remediation", () => {
  test("sets what is off and keeps the rest", async () => {
    const props = { bucket: unknown, blockPublicAcls: unknown, blockPublicPolicy: false, ignorePublicAcls: true };
    expect(await cure("lp-s3-bpa-flags", block(props))).toEqual({
      ...all,
      bucket: unknown,
      blockPublicAcls: unknown,
    });
  });

  test("changes nothing when nothing is wrong", async () => {
    expect(await cure("lp-s3-bpa-flags", block(all))).toBeUndefined();
  });
});

const bucket = (props: Props): Resource => ({ type: "aws:s3/bucket:Bucket", props });
const bucketAcl = (props: Props): Resource => ({ type: "aws:s3/bucketAcl:BucketAcl", props });
const group = (name: string) => `http://acs.amazonaws.com/groups/${name}`;
const opens = violation("acl: the ACL opens it to the public");
judged("lp-s3-acl", [
  ["passes an undefined ACL", bucket({}), pass],
  ["passes a private ACL", bucketAcl({ acl: "private" }), pass],
  ["passes log delivery", bucketAcl({ acl: "log-delivery-write" }), pass],
  ["refuses public-read", bucket({ acl: "public-read" }), opens],
  ["refuses public-read-write", { type: "aws:s3/bucketV2:BucketV2", props: { acl: "public-read-write" } }, opens],
  ["refuses authenticated-read", bucketAcl({ acl: "authenticated-read" }), opens],
  [
    "refuses a public bucket of the older kind",
    { type: "aws:s3/bucketAclV2:BucketAclV2", props: { acl: "public-read" } },
    opens,
  ],
  ["refuses a public object", { type: "aws:s3/bucketObjectv2:BucketObjectv2", props: { acl: "public-read" } }, opens],
  [
    "refuses a public object of the older kind",
    { type: "aws:s3/bucketObject:BucketObject", props: { acl: "public-read" } },
    opens,
  ],
  [
    "refuses a grant to everyone, beside an unknown one",
    bucket({ grants: [{ id: "a" }, { uri: unknown }, { uri: group("global/AllUsers") }] }),
    { violations: ["grants[2].uri: the grant is for the public"], unknowns: ["grants[1].uri"] },
  ],
  [
    "refuses a grant in a copy",
    { type: "aws:s3/objectCopy:ObjectCopy", props: { grants: [{ uri: group("global/AuthenticatedUsers") }] } },
    violation("grants[0].uri: the grant is for the public"),
  ],
  [
    "refuses a grant in an ACL",
    bucketAcl({ accessControlPolicy: { grants: [{ grantee: { uri: group("global/AllUsers") } }] } }),
    violation("accessControlPolicy.grants[0].grantee.uri: the grant is for the public"),
  ],
  [
    "passes a grant for log delivery",
    bucketAcl({ accessControlPolicy: { grants: [{ grantee: { uri: group("s3/LogDelivery") } }] } }),
    pass,
  ],
  ["cannot judge an unknown ACL", bucket({ acl: unknown }), unverifiable("acl")],
]);

describe("lp-s3-acl as a remediation", () => {
  test("makes a public ACL private and keeps the rest", async () => {
    const props = { acl: "public-read", bucket: unknown };
    expect(await cure("lp-s3-acl", bucketAcl(props))).toEqual({ acl: "private", bucket: unknown });
  });

  test.each<Props>([{ acl: "log-delivery-write" }, { acl: unknown }, {}])("leaves %j alone", async (props) => {
    expect(await cure("lp-s3-acl", bucketAcl(props))).toBeUndefined();
  });
});

const ownership = (objectOwnership: Json): Resource => ({
  type: "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  props: { rule: { objectOwnership } },
});
judged("lp-s3-acl-disabled", [
  ["passes the owner's", ownership("BucketOwnerEnforced"), pass],
  ["passes an undefined one", ownership(null), pass],
  ["refuses the writer's", ownership("ObjectWriter"), violation("rule.objectOwnership: the bucket allows ACLs")],
  [
    "refuses the preferred owner's",
    ownership("BucketOwnerPreferred"),
    violation("rule.objectOwnership: the bucket allows ACLs"),
  ],
  ["cannot judge an unknown one", ownership(unknown), unverifiable("rule.objectOwnership")],
]);

const url = (props: Props): Resource => ({ type: "aws:lambda/functionUrl:FunctionUrl", props });
judged("lp-lambda-url-auth", [
  ["passes AWS_IAM", url({ authorizationType: "AWS_IAM" }), pass],
  ["refuses NONE", url({ authorizationType: "NONE" }), violation("authorizationType: the URL is open to everyone")],
  ["refuses an undefined type", url({}), violation("authorizationType: the URL is open to everyone")],
  ["cannot judge an unknown type", url({ authorizationType: unknown }), unverifiable("authorizationType")],
]);

const api = (corsConfiguration: Json): Resource => ({ type: "aws:apigatewayv2/api:Api", props: { corsConfiguration } });
const everySite = "every site may send credentials";
judged("lp-cors-star", [
  ["passes an API without CORS", api(null), pass],
  ["passes every origin without credentials", api({ allowOrigins: ["*"], allowCredentials: false }), pass],
  [
    "passes named origins with credentials",
    api({ allowOrigins: ["https://a.example", "https://*.a.example"], allowCredentials: true }),
    pass,
  ],
  [
    "refuses every origin with credentials",
    api({ allowOrigins: ["https://a.example", "*"], allowCredentials: true }),
    violation(`corsConfiguration.allowOrigins[1]: ${everySite}`),
  ],
  [
    "refuses every secure origin",
    api({ allowOrigins: ["https://*"], allowCredentials: "true" }),
    violation(`corsConfiguration.allowOrigins[0]: ${everySite}`),
  ],
  [
    "refuses a function URL",
    url({ cors: { allowOrigins: ["*"], allowCredentials: true } }),
    violation(`cors.allowOrigins[0]: ${everySite}`),
  ],
  [
    "refuses headers of a distribution",
    {
      type: "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
      props: { corsConfig: { accessControlAllowCredentials: true, accessControlAllowOrigins: { items: ["*"] } } },
    },
    violation(`corsConfig.accessControlAllowOrigins.items[0]: ${everySite}`),
  ],
  [
    "reports an origin beside an unknown one",
    api({ allowOrigins: [unknown, "*"], allowCredentials: true }),
    {
      violations: [`corsConfiguration.allowOrigins[1]: ${everySite}`],
      unknowns: ["corsConfiguration.allowOrigins[0]"],
    },
  ],
  [
    "cannot judge unknown credentials",
    api({ allowOrigins: ["*"], allowCredentials: unknown }),
    unverifiable("corsConfiguration.allowCredentials"),
  ],
  ["needs no origin without credentials", api({ allowOrigins: unknown }), pass],
]);

const database = (props: Props): Resource => ({ type: "aws:rds/instance:Instance", props });
const cluster = (props: Props): Resource => ({ type: "aws:rds/cluster:Cluster", props });
const neither = violation("manageMasterUserPassword: the password is neither managed nor write-only");
judged("lp-rds-managed-password", [
  ["passes a managed one", database({ manageMasterUserPassword: true }), pass],
  ["passes a write-only one", database({ passwordWo: secret("hunter2") }), pass],
  ["passes a write-only one of a cluster", cluster({ masterPasswordWo: unknown }), pass],
  ["passes a replica", database({ replicateSourceDb: unknown }), pass],
  ["passes a restored cluster", cluster({ snapshotIdentifier: "s" }), pass],
  ["refuses none", database({}), neither],
  ["refuses a managed one that is off", cluster({ manageMasterUserPassword: false }), neither],
  [
    "refuses one in the clear",
    database({ password: secret("hunter2") }),
    violation("password: the password stands in the state"),
  ],
  [
    "refuses an unknown one in the clear",
    cluster({ masterPassword: unknown }),
    violation("masterPassword: the password stands in the state"),
  ],
  [
    "cannot judge whether it is managed",
    database({ manageMasterUserPassword: unknown }),
    unverifiable("manageMasterUserPassword"),
  ],
]);

test.each(["replicationSourceIdentifier", "restoreToPointInTime", "globalClusterIdentifier"])(
  "lp-rds-managed-password passes a cluster with %s",
  async (property) => {
    expect(await judge("lp-rds-managed-password", cluster({ [property]: unknown }))).toEqual(pass);
  },
);
