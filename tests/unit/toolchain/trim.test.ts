import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { findKept, importsOf, trimClient, trimServicePackages } from "../../../toolchain/trim";

const SDK = "github.com/aws/aws-sdk-go-v2/service";
const SERVICE = "github.com/hashicorp/terraform-provider-aws/internal/service";

const packages = `package sdkv2

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-provider-aws/internal/conns"
	"${SERVICE}/account"
	"${SERVICE}/s3"
	tfmeta "${SERVICE}/meta"
)

func servicePackages(ctx context.Context) []conns.ServicePackage {
	v := []conns.ServicePackage{
		account.ServicePackage(ctx),
		tfmeta.ServicePackage(ctx),
		s3.ServicePackage(ctx),
	}

	return slices.Clone(v)
}
`;

const client = `package conns

import (
	"context"

	"${SDK}/account"
	"${SDK}/s3"
	"github.com/hashicorp/terraform-provider-aws/names"
)

func (c *AWSClient) AccountClient(ctx context.Context) *account.Client {
	return errs.Must(client[*account.Client](ctx, c, names.Account, make(map[string]any)))
}

func (c *AWSClient) S3Client(ctx context.Context) *s3.Client {
	return errs.Must(client[*s3.Client](ctx, c, names.S3, make(map[string]any)))
}
`;

const without = (source: string, ...lines: RegExp[]) =>
  source
    .split("\n")
    .filter((line) => !lines.some((pattern) => pattern.test(line)))
    .join("\n");

describe("the list of services", () => {
  test("keeps what is wanted, under whatever name it is imported", () => {
    expect(trimServicePackages(packages, ["s3", "meta"])).toBe(without(packages, /\baccount\b/));
  });

  test.each([
    ["a wanted service is missing", packages, ["s3", "meta", "sqs"], /imports 2 of 3 wanted services/],
    ["nothing can be dropped", packages, ["s3", "meta", "account"], /no service that could be dropped/],
    [
      "a service is imported, not registered",
      without(packages, /\ts3\.S/),
      ["s3", "meta"],
      /imports s3 without registering it/,
    ],
    [
      "a service is registered, not imported",
      without(packages, /service\/s3"/),
      ["meta"],
      /registers s3 without importing it/,
    ],
    [
      "a dropped service is used elsewhere",
      `${packages}var x = account.Y\n`,
      ["s3", "meta"],
      /still refers to account/,
    ],
  ])("is refused when %s", (_, source, services, message) => {
    expect(() => trimServicePackages(source, services)).toThrow(message);
  });
});

describe("the clients", () => {
  test("keep those whose package is still imported", () => {
    expect(trimClient(client, new Set([`${SDK}/s3`]))).toBe(
      client.replace(/^func .*AccountClient[\s\S]*?\n}\n\n/m, "").replace(`\t"${SDK}/account"\n`, ""),
    );
  });

  test.each([
    ["there is no import block", "package conns\n", /has no import block/],
    ["nothing can be dropped", without(client, /service\/account"/), /no client that could be dropped/],
    [
      "a function looks otherwise",
      client.replace("(c *AWSClient) S3Client", "(client *AWSClient) S3Client"),
      /function of an unknown form/,
    ],
    [
      "a client has no function",
      client.slice(0, client.indexOf("func (c *AWSClient) S3")),
      /imports s3 without a function/,
    ],
    ["a dropped client is used elsewhere", client.replace("names.S3", "account.S3"), /still refers to account/],
  ])("are refused when %s", (_, source, message) => {
    expect(() => trimClient(source, new Set([`${SDK}/s3`]))).toThrow(message);
  });
});

test("imports are read from blocks, with comments and names, and from single lines", () => {
  const source =
    'package x\n\nimport "fmt"\n\nimport ( // a comment\n\t"a/b" // another\n\tname "c/d"\n\n\t_ "e/f"\n)\n';
  expect(importsOf(source)).toEqual(["a/b", "c/d", "e/f", "fmt"]);
});

describe("what is kept", () => {
  const withModule = (files: Record<string, string>, use: (dir: string) => void) => {
    const dir = mkdtempSync(join(tmpdir(), "llm-stacks-test-trim-"));
    try {
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, file)), { recursive: true });
        writeFileSync(join(dir, file), text);
      }
      use(dir);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
  const go = (...imports: string[]) => `package x\n\nimport (\n${imports.map((path) => `\t"${path}"\n`).join("")})\n`;

  test("are the wanted services, those they import, and the SDK packages of all of them, but not of their tests", () => {
    withModule(
      {
        "internal/service/s3/a.go": go(
          `${SDK}/s3`,
          `${SERVICE}/s3control`,
          "github.com/hashicorp/terraform-provider-aws/internal/conns",
        ),
        "internal/service/s3/a_test.go": go(`${SDK}/sqs`),
        "internal/service/s3control/b.go": go(`${SDK}/s3control`),
        "internal/service/sqs/c.go": go(`${SDK}/sqs`),
        "internal/conns/conns.go": go(`${SDK}/sts`),
        "internal/conns/awsclient_gen.go": go(`${SDK}/sqs`),
      },
      (dir) => {
        const { services, clients } = findKept(dir, ["s3"]);
        expect([...services].toSorted()).toEqual(["s3", "s3control"]);
        expect([...clients].toSorted()).toEqual([`${SDK}/s3`, `${SDK}/s3control`, `${SDK}/sts`]);
      },
    );
  });

  test("a service that upstream does not have is named", () => {
    withModule({ "internal/conns/conns.go": go() }, (dir) => {
      expect(() => findKept(dir, ["s3"])).toThrow(/internal\/service\/s3 does not exist/);
    });
  });
});
