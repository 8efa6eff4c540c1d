import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { searchRestrictable } from "../../../policy-pack/lib/iam/actions";
import { globCovers, globMatches } from "../../../policy-pack/lib/iam/glob";
import { isFromElsewhere, mayReferTo, refersTo, type StackResource } from "../../../policy-pack/lib/stack-view";
import { Truth } from "../../../policy-pack/lib/truth";
import { Value } from "../../../policy-pack/lib/value";
import { unknown } from "../../support/policy-harness";

describe("Truth", () => {
  const answers = { yes: Truth.yes, no: Truth.no, unknown: Truth.unknown("a.b") };
  const truth = fc.constantFrom("yes", "no", "unknown").map((answer) => answers[answer as keyof typeof answers]);

  propertyTest.prop([truth, truth])("agrees with every way the unknowns could turn out", (a, b) => {
    const turnsOut = ({ answer }: Truth): boolean[] => (answer === "unknown" ? [true, false] : [answer === "yes"]);
    const outcomes = (combine: (x: boolean, y: boolean) => boolean): string => {
      const all = new Set(turnsOut(a).flatMap((x) => turnsOut(b).map((y) => combine(x, y))));
      return all.size > 1 ? "unknown" : all.has(true) ? "yes" : "no";
    };
    expect(a.and(b).answer).toBe(outcomes((x, y) => x && y));
    expect(a.or(b).answer).toBe(outcomes((x, y) => x || y));
    expect(a.not().answer).toBe(a.answer === "unknown" ? "unknown" : a.answer === "yes" ? "no" : "yes");
  });

  test("names every path that withholds the answer, once", () => {
    const both = Truth.all([Truth.unknown("a"), Truth.unknown("b"), Truth.unknown("a")]);
    expect(both.paths).toEqual(["a", "b"]);
    expect(both.and(Truth.no).paths).toEqual([]);
  });
});

describe("Value", () => {
  const props = Value.ofProps({
    flag: "true",
    hidden: unknown,
    list: [1, unknown, { deep: unknown }],
    map: { "a:b": "x", gone: null },
  });

  test("paths lead to the property", () => {
    expect(props.at("list", 2, "deep").path).toBe("list[2].deep");
    expect(props.at("map", "a:b").path).toBe('map["a:b"]');
  });

  test("an unknown is there, and nothing is known below it", () => {
    expect(props.at("hidden").isSet()).toEqual(Truth.yes);
    expect(props.at("hidden").isTrue()).toEqual(Truth.unknown("hidden"));
    expect(props.at("hidden", "below").isSet()).toEqual(Truth.unknown("hidden"));
    expect(
      props
        .at("hidden")
        .elements()
        .map((element) => element.isSet()),
    ).toEqual([Truth.unknown("hidden")]);
  });

  test("a list keeps its known elements beside unknown ones", () => {
    const elements = props.at("list").elements();
    expect(elements.map((element) => element.equals(1).answer)).toEqual(["yes", "unknown", "no"]);
    expect(elements.map(({ path }) => path)).toEqual(["list[0]", "list[1]", "list[2]"]);
  });

  test("null and missing are absent, and absent has no elements", () => {
    expect(props.at("map", "gone").isSet()).toEqual(Truth.no);
    expect(props.at("map", "never").isSet()).toEqual(Truth.no);
    expect(props.at("nothing", "below").elements()).toEqual([]);
  });

  test("inherited names are no properties", () => {
    expect(props.at("constructor").isSet()).toEqual(Truth.no);
    expect(props.at("map", "toString").isSet()).toEqual(Truth.no);
  });

  test("a single value is a list of one", () => {
    expect(props.at("flag").elements()).toEqual([props.at("flag")]);
  });

  test("booleans may be strings", () => {
    expect(props.at("flag").isTrue()).toEqual(Truth.yes);
    expect(props.at("map", "a:b").isTrue()).toEqual(Truth.no);
  });

  test("an empty string has no content, an unknown one counts as having some", () => {
    expect(Value.ofProps({ a: "" }).at("a").hasContent()).toEqual(Truth.no);
    expect(props.at("hidden").hasContent()).toEqual(Truth.yes);
  });
});

describe("IAM globs", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", ":"), maxLength: 6 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 5 });
  const asRegExp = (glob: string): RegExp => new RegExp(`^${glob.replace(/\*/g, ".*").replace(/\?/g, ".")}$`, "s");

  propertyTest.prop([pattern, text])("match as regular expressions do", (glob, subject) => {
    expect(globMatches(glob, subject)).toBe(asRegExp(glob).test(subject));
  });

  const words = (letters: string, length: number): string[] =>
    length === 0
      ? [""]
      : words(letters, length - 1).flatMap((word) => [word, ...[...letters].map((letter) => word + letter)]);
  // "z" stands for the characters that no pattern names: without it, three letters could pass for all there are.
  const shortWords = [...new Set(words("abz", 6))];

  test.each([
    ["?*", "*?", true],
    ["?*", "*a", true],
    ["*", "", true],
    ["?*", "*", false],
    ["*a*", "b*a?", true],
    ["a?", "a*", false],
  ])("%s against %s", (general, specific, covers) => {
    expect(globCovers(general, specific)).toBe(covers);
  });

  test("many * take no exponential time", () => {
    expect(globMatches("*a".repeat(40), `${"a".repeat(39)}b`)).toBe(false);
    expect(globCovers("*a".repeat(40), `${"*a".repeat(40)}*`)).toBe(false);
    expect(() => globCovers(`*a${"?".repeat(30)}`, "*")).toThrow(RangeError);
  });

  propertyTest.prop([pattern, pattern])(
    "a pattern covers another when it covers all of its texts",
    (general, specific) => {
      const covered = shortWords.filter((word) => globMatches(specific, word));
      expect(globCovers(general, specific)).toBe(covered.every((word) => globMatches(general, word)));
    },
  );
});

describe("references between resources", () => {
  const urn = (type: string, name: string): string => `urn:pulumi:dev::shop::acme:app:Store$${type}::${name}`;
  const bucketType = "aws:s3/bucket:Bucket";
  const made = (type: string, name: string, props: object, from: Record<string, readonly string[]>): StackResource => ({
    type,
    name,
    urn: urn(type, name),
    props: Value.ofProps({ ...props }),
    provider: Value.ofProps({}),
    propertyDependencies: new Map(Object.entries(from).map(([property, urns]) => [property, new Set(urns)])),
  });
  const [random, other] = [urn("random:index/randomId:RandomId", "suffix"), urn(bucketType, "other")];
  const bucket = made(bucketType, "files", { bucket: unknown, id: unknown }, {});
  const namedAtRandom = made(bucketType, "files", { bucket: unknown, id: unknown }, { bucket: [random] });
  const created = made(bucketType, "files", { bucket: "files-1", id: "files-1" }, { bucket: [random] });
  const block = (name: unknown, ...from: readonly string[]) =>
    made("a:b:Block", "block", { bucket: name }, { bucket: from });

  test.each<[string, StackResource, StackResource, string, string]>([
    ["the same known name", block("files-1"), created, "yes", "yes"],
    ["another known name", block("files-2"), created, "no", "no"],
    ["what came from the resource", block(unknown, bucket.urn), bucket, "yes", "yes"],
    ["what came from another of its type", block(unknown, other), bucket, "no", "no"],
    ["what came from elsewhere", block(unknown, random), bucket, "no", "unknown"],
    ["what came from where its own name did", block(unknown, random), namedAtRandom, "unknown", "unknown"],
    ["a known name and one that is not", block("files-1"), bucket, "unknown", "unknown"],
    ["a known name, and one that is not but came from elsewhere", block("files-1", random), bucket, "no", "no"],
    ["nothing", block(undefined), created, "unknown", "unknown"],
  ])("%s", (_, companion, target, refers, mayRefer) => {
    const identities = ["bucket", "id"];
    expect(refersTo(companion, "bucket", target, identities).answer).toBe(refers);
    expect(mayReferTo(companion, "bucket", target, identities).answer).toBe(mayRefer);
  });

  test("the path to blame is what is not known", () => {
    expect(refersTo(block("files-1"), "bucket", bucket, ["id", "bucket"]).paths).toEqual(["files.id"]);
    expect(refersTo(block(unknown, random), "bucket", namedAtRandom, ["bucket"]).paths).toEqual(["block.bucket"]);
    expect(mayReferTo(block(unknown, random), "bucket", bucket, ["bucket"]).paths).toEqual(["block.bucket"]);
  });

  test("an unknown anywhere below counts as coming from elsewhere", () => {
    const listener = (actions: unknown) => made("a:b:Listener", "listener", { actions }, { actions: [random] });
    expect(isFromElsewhere(listener([{ arn: unknown }]), "actions", bucketType)).toBe(true);
    expect(isFromElsewhere(listener([{ arn: "known" }]), "actions", bucketType)).toBe(false);
  });
});

describe("the actions that a pattern covers", () => {
  test.each<[Parameters<typeof searchRestrictable>[0], string, readonly string[]]>([
    ["permissions", "iam:PutRolePolicy", ["iam:PutRolePolicy"]],
    ["permissions", "iam:putrolepol?cy", ["iam:PutRolePolicy"]],
    ["permissions", "iam:PutRolePolicies", []],
    ["permissions", "s3:PutRolePolicy", []],
    ["write", "sqs:SendMessage", ["sqs:SendMessage"]],
    // Reading, and what the table has in another kind.
    ["write", "sqs:GetQueueUrl", []],
    ["write", "s3:GetObject", []],
    // What the table does not know.
    ["write", "sqs:FrobnicateQueue", ["sqs:FrobnicateQueue"]],
    ["write", "sqs:DescribeFrobnication", []],
    ["write", "sqs:Frobnicate*", []],
  ])("%s: %s", (kind, pattern, actions) => {
    expect(searchRestrictable(kind, pattern)).toEqual(actions);
  });
});
