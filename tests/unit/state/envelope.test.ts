import { fc, test as property } from "@fast-check/vitest";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Deployment, objectionsTo, resources, unwrap, wrap } from "../../../automation/state/envelope";
import { placeOf } from "../../../automation/state/place";

const project = "llm-stacks";
const takenAt = "2026-11-21T10:00:00.000Z";
const urn = (name: string, stack = "dev") => `urn:pulumi:${stack}::${project}::aws:s3/bucket:Bucket::${name}`;
const state = (names: string[], time = takenAt, more: object = {}): Deployment => ({
  version: 3,
  deployment: { manifest: { time }, resources: names.map((name) => ({ urn: urn(name), type: "t" })), ...more },
});
const objections = (copy: Deployment, current: Deployment, stack = "dev") =>
  objectionsTo(wrap(project, "dev", copy, takenAt), current, project, stack);

describe("[operations 4] a copy of a state", () => {
  property.prop({ names: fc.array(fc.string()), secret: fc.jsonValue() })(
    "comes back as it was",
    ({ names, secret }) => {
      const whole = { version: 3, deployment: { resources: names.map((name) => ({ urn: urn(name) })), secret } };
      // What is written is what JSON makes of it.
      const written = JSON.parse(JSON.stringify(whole)) as Deployment;
      expect(unwrap(JSON.stringify(wrap(project, "dev", written, takenAt)), "file").state).toEqual(written);
    },
  );

  property.prop({ at: fc.nat(), to: fc.constantFrom("0", "a", "}", " ", "\n") })(
    "is not taken once a character of it was changed",
    ({ at, to }) => {
      const text = JSON.stringify(wrap(project, "dev", state(["one", "two"]), takenAt));
      const index = at % text.length;
      const changed = text.slice(0, index) + to + text.slice(index + 1);
      const same = (() => {
        try {
          return JSON.stringify(JSON.parse(changed).state) === JSON.stringify(JSON.parse(text).state);
        } catch {
          return false;
        }
      })();
      // Blanks between values, and what is beside the state, are told by other checks.
      if (same) return;
      expect(() => unwrap(changed, "file")).toThrow(/is damaged|is not JSON|is no copy/);
    },
  );

  test.each([
    ["half of it", '{"format": "llm-st', "is not JSON"],
    ["Pulumi's own export", JSON.stringify(state(["one"])), "is no copy of a state"],
    [
      "another format",
      JSON.stringify({ ...wrap(project, "dev", state([]), takenAt), format: "2" }),
      "is no copy of a state",
    ],
  ])("%s is refused, and the error says what to do", (_what, text, says) => {
    expect(() => unwrap(text, "file.json")).toThrow(says);
  });
});

describe("[operations 4] before a copy takes the place of a state", () => {
  test("the same state, a newer one, and one where there is none, are restored without a word", () => {
    const none: Deployment = { version: 3, deployment: {} };
    for (const current of [state(["one"]), state(["one"], "2026-11-20T10:00:00Z"), none]) {
      expect(objections(state(["one"]), current)).toEqual({ wrong: [], doubtful: [] });
    }
  });

  test("another stack's, or another project's, is never restored", () => {
    expect(objections(state(["one"]), state([]), "prod").wrong.join()).toContain(
      "it is of stack dev, and this is prod",
    );
    expect(objectionsTo(wrap("other", "dev", state([]), takenAt), state([]), project, "dev").wrong.join()).toContain(
      "project other",
    );
    const mixed: Deployment = { version: 3, deployment: { resources: [{ urn: urn("one", "prod") }] } };
    expect(objections(mixed, state([])).wrong.join()).toContain("1 resources of another stack");
  });

  test("an older one, one with operations under way, and one that lacks resources, take --force", () => {
    expect(objections(state(["one"]), state(["one"], "2026-11-21T10:00:01Z")).doubtful.join()).toContain(
      "was updated at 2026-11-21T10:00:01.000Z",
    );
    const pending = state(["one"], takenAt, {
      pending_operations: [{ type: "creating", resource: { urn: urn("two") } }],
    });
    expect(objections(pending, state(["one"])).doubtful).toEqual([
      `operations were under way when it was taken: creating ${urn("two")}`,
    ]);
    expect(objections(state(["one"]), state(["one", "two"])).doubtful.join()).toContain(
      `1 resources that the stack has now are not in it, such as ${urn("two")}`,
    );
  });

  property.prop({
    before: fc.date({ noInvalidDate: true, min: new Date(1e12), max: new Date(2e12) }),
    now: fc.date({ noInvalidDate: true, min: new Date(1e12), max: new Date(2e12) }),
  })("whatever the times, an older one is told and a newer one is not", ({ before, now }) => {
    const { doubtful } = objections(state(["one"], before.toISOString()), state(["one"], now.toISOString()));
    expect(doubtful.length).toBe(before < now ? 1 : 0);
  });

  test("resources are read whatever else the engine writes", () => {
    expect(resources({ version: 3, deployment: { resources: [{ urn: "a" }, { other: 1 }] } })).toEqual(["a"]);
    expect(resources({ version: 3, deployment: {} })).toEqual([]);
  });
});

describe("[operations 4] where copies go", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    ["s3", "s3://states?region=us-east-1", { bucket: "states", prefix: "state-backups/" }],
    ["s3://mine/some/place", undefined, { bucket: "mine", prefix: "some/place/" }],
    ["s3://mine", undefined, { bucket: "mine", prefix: "" }],
    ["copies", undefined, { folder: "/home/ops/copies" }],
  ])("--to %s, with the states in %s", (to, backend, place) => {
    vi.stubEnv("LLM_CALLER_DIR", "/home/ops");
    expect(placeOf(to, backend)).toEqual(place);
  });

  test("--to s3 without a state bucket, and what is no bucket, are errors that say what to do", () => {
    expect(() => placeOf("s3", "file:///states")).toThrow("these states are in none");
    expect(() => placeOf("s3://A_b/x", undefined)).toThrow("names no bucket");
  });
});
