import { describe, expect, test } from "vitest";
import { Bucket, type BucketArgs, type BucketListener } from "../../../../components/data/bucket";
import { prefixMistakes } from "../../../../components/data/bucket-notifications";
import { shortHash } from "../../../../components/lib/names";
import { ServiceRole } from "../../../../components/lib/service-role";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { devContext, devTags, record } from "../../../support/mocks";

const bucketName = `lambda-efs-data-dev-${shortHash("123456789012/us-east-1")}`;
const arn = `arn:aws:s3:::${bucketName}`;
const make = (args: Partial<BucketArgs> = {}) => new Bucket("lambda-efs-data", { context: devContext, ...args });
const reader = () =>
  new ServiceRole("lambda-efs-reader", { context: devContext, trusts: "lambda.amazonaws.com", description: "Reads" });
const named = "lambda-efs-data";

describe("[lambda-efs 4.1] a bucket", () => {
  test("is private, encrypted with AES-256, versioned and tidied", async () => {
    const { recording } = await record(() =>
      make({ expireAfterDays: { "outputs/": 90 }, archiveAfterDays: { "models/": 60 } }),
    );
    const bucket = `${named}-bucket-id`;
    expect(recording.named(`${named}-bucket`).inputs).toEqual({
      bucket: bucketName,
      forceDestroy: true,
      tags: devTags("data"),
    });
    expect(recording.named(`${named}-public-access-block`).inputs).toEqual({
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(recording.named(`${named}-encryption`).inputs).toEqual({
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    expect(recording.named(`${named}-versioning`).inputs).toEqual({
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
    expect(recording.named(`${named}-lifecycle`).inputs).toEqual({
      bucket,
      rules: [
        {
          id: "tidy",
          status: "Enabled",
          filter: { prefix: "" },
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
        { id: "expire-outputs", status: "Enabled", filter: { prefix: "outputs/" }, expiration: { days: 90 } },
        {
          id: "archive-models",
          status: "Enabled",
          filter: { prefix: "models/" },
          transitions: [{ days: 60, storageClass: "STANDARD_IA" }],
        },
      ],
    });
  });

  test("refuses requests without TLS, in a policy that can be read at preview", async () => {
    const { recording } = await record(() => make());
    expect(recording.document(`${named}-policy`)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "DenyWithoutTls",
          Effect: "Deny",
          Principal: "*",
          Action: ["s3:*"],
          Resource: [arn, `${arn}/*`],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    });
    expect(recording.named(`${named}-policy`).dependencies).toEqual([`${named}-bucket`]);
  });

  test("shows its layout as empty objects", async () => {
    const { recording } = await record(() => make({ prefixes: ["models/", "inputs/", "outputs/"] }));
    expect(
      recording.ofType("aws:s3/bucketObjectv2:BucketObjectv2").map(({ inputs }) => [inputs.key, inputs.content]),
    ).toEqual([
      ["inputs/", ""],
      ["models/", ""],
      ["outputs/", ""],
    ]);
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
  });

  test("is protected and never emptied in prod", async () => {
    const context = { ...devContext, environment: "prod", protectData: true, disposableData: false } as const;
    const { recording } = await record(() => make({ context }));
    expect(recording.named(`${named}-bucket`)).toMatchObject({ protect: true, inputs: { forceDestroy: false } });
  });

  test("tells all mistakes in its arguments", async () => {
    const building = record(() => make({ prefixes: ["models", "/x/"], noncurrentVersionDays: 0 }));
    await expect(building).rejects.toThrow(
      /noncurrentVersionDays: is 0; give a whole number from 1.*prefixes: holds "models".*prefixes: holds "\/x\/"/s,
    );
  });
});

describe("[lambda-efs 7.3] grants", () => {
  const grant = async (give: (bucket: Bucket, role: ServiceRole) => void, policy: string) => {
    const { recording } = await record(() => give(make(), reader()));
    return recording.document(`lambda-efs-reader-${policy}`).Statement;
  };

  test("grantRead of the whole bucket allows s3:GetObject and s3:ListBucket", async () => {
    expect(await grant((bucket, role) => bucket.grantRead(role), "data-read")).toEqual([
      { Sid: "ReadObjects", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${arn}/*`] },
      { Sid: "ListObjects", Effect: "Allow", Action: ["s3:ListBucket"], Resource: [arn] },
    ]);
  });

  test("grantRead of a prefix allows reading and listing that prefix only", async () => {
    expect(await grant((bucket, role) => bucket.grantRead(role, "inputs/"), "data-read-inputs")).toEqual([
      { Sid: "ReadObjects", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${arn}/inputs/*`] },
      {
        Sid: "ListObjects",
        Effect: "Allow",
        Action: ["s3:ListBucket"],
        Resource: [arn],
        Condition: { StringLike: { "s3:prefix": "inputs/*" } },
      },
    ]);
  });

  test("grantWrite allows s3:PutObject under the prefix", async () => {
    expect(await grant((bucket, role) => bucket.grantWrite(role, "models/"), "data-write-models")).toEqual([
      { Sid: "WriteObjects", Effect: "Allow", Action: ["s3:PutObject"], Resource: [`${arn}/models/*`] },
    ]);
  });

  test("grantReadVersions allows s3:GetObjectVersion under the prefix", async () => {
    const statements = await grant(
      (bucket, role) => bucket.grantReadVersions(role, "outputs/"),
      "data-read-versions-outputs",
    );
    expect(statements).toEqual([
      { Sid: "ReadVersions", Effect: "Allow", Action: ["s3:GetObjectVersion"], Resource: [`${arn}/outputs/*`] },
    ]);
  });

  test("grantReadWriteObjects allows s3:GetObject and s3:PutObject under the prefix", async () => {
    const statements = await grant(
      (bucket, role) => bucket.grantReadWriteObjects(role, "outputs/"),
      "data-read-write-outputs",
    );
    expect(statements).toEqual([
      {
        Sid: "ReadWriteObjects",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject"],
        Resource: [`${arn}/outputs/*`],
      },
    ]);
  });
});

describe("[lambda-efs 7.6] onObjectCreated", () => {
  const listener = (calls: unknown[]): BucketListener => ({
    arn: "arn:fn",
    allowInvoke: (...args) => {
      calls.push(args);
      return new ServiceRole(`lambda-efs-permission${calls.length}`, {
        context: devContext,
        trusts: "x.amazonaws.com",
        description: "Stands for a permission",
      });
    },
  });

  test("lets S3 invoke each listener for its prefix, this bucket and this account only", async () => {
    const calls: unknown[] = [];
    const { recording } = await record(() =>
      make({ prefixes: ["models/"] }).onObjectCreated({ "models/": listener(calls) }),
    );
    expect(calls).toEqual([["data", { principal: "s3.amazonaws.com", sourceArn: arn, sourceAccount: "123456789012" }]]);
    expect(recording.named(`${named}-notification`)).toMatchObject({
      parent: named,
      inputs: {
        bucket: `${named}-bucket-id`,
        lambdaFunctions: [
          { id: "models", events: ["s3:ObjectCreated:*"], filterPrefix: "models/", lambdaFunctionArn: "arn:fn" },
        ],
      },
    });
  });

  test("comes after the permission and after the layout, which would count as uploads", async () => {
    const { recording } = await record(() =>
      make({ prefixes: ["models/"] }).onObjectCreated({ "models/": listener([]) }),
    );
    expect(recording.named(`${named}-notification`).dependencies).toEqual(
      expect.arrayContaining([`${named}-prefix-models`, "lambda-efs-permission1-role"]),
    );
  });

  test("can be said once", async () => {
    const building = record(() => {
      const bucket = make();
      bucket.onObjectCreated({ "a/": listener([]) });
      bucket.onObjectCreated({ "b/": listener([]) });
    });
    await expect(building).rejects.toThrow("was called twice; name all prefixes in one call");
  });

  test.each([
    [["models/", "models/new/"], ['"models/" and "models/new/" overlap: an upload can have one receiver only.']],
    [["", "x/"], ['"" and "x/" overlap: an upload can have one receiver only.']],
    [["a/", "b/"], []],
    [[], ["Give at least one prefix."]],
  ])("of the prefixes %j has the mistakes %j", (prefixes, mistakes) => {
    expect(prefixMistakes(prefixes)).toEqual(mistakes);
  });
});

describe("admit", () => {
  const statement = {
    sid: "ReadAsService",
    principals: { services: ["cloudfront.amazonaws.com"] },
    actions: ["s3:GetObject"],
    resources: [`${arn}/*`],
    conditions: { StringEquals: { "aws:SourceAccount": "123456789012" } },
  };

  test("adds to the bucket policy what is said after the bucket is made", async () => {
    const { recording } = await record(() => make().admit(statement));
    const [denial, ...added] = recording.document(`${named}-policy`).Statement;
    expect(denial).toMatchObject({ Sid: "DenyWithoutTls", Effect: "Deny" });
    expect(added).toEqual([
      {
        Sid: "ReadAsService",
        Effect: "Allow",
        Principal: { Service: ["cloudfront.amazonaws.com"] },
        Action: ["s3:GetObject"],
        Resource: [`${arn}/*`],
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      },
    ]);
  });

  test("is refused once the policy is written, for it would be lost", async () => {
    const { result } = await record(() => make());
    expect(() => result.admit(statement)).toThrow("was called after the bucket policy was written");
  });
});
