import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc, test as prop } from "@fast-check/vitest";
import { afterAll, describe, expect, test } from "vitest";
import { WithoutPolicyBlock } from "../../../automation/lib/findings/engine-block";
import { junitOf } from "../../../automation/lib/findings/junit";
import { FindingsPresenter } from "../../../automation/lib/findings/presenter";
import { sarifOf } from "../../../automation/lib/findings/sarif";
import { rules } from "../../../policy-pack/registry";
import { noRetention, openPort, policyEvent, reportOf, summaryEvent, unknowable } from "./events";

const folder = mkdtempSync(join(tmpdir(), "findings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const engineOutput = `@ previewing update....
 +  aws:s3:Bucket models create
\u001b[1mPolicies:\u001b[0m
    pack@v1 (local: pack)
        - [advisory]  tags

          a message with an empty line
Outputs:
    Policies: "an output of this name stays"
Resources:
    + 2 to create`;

describe("the engine's output", () => {
  prop.prop([fc.array(fc.nat({ max: engineOutput.length }), { maxLength: 12 })])(
    "loses its policy block and nothing else, however it is cut",
    (cuts) => {
      let shown = "";
      const filter = new WithoutPolicyBlock((text) => {
        shown += text;
      });
      const ends = [...cuts, engineOutput.length].sort((a, b) => a - b);
      let start = 0;
      for (const end of ends) {
        filter.push(engineOutput.slice(start, end));
        start = end;
      }
      filter.end();
      const [before, rest] = engineOutput.split("\u001b[1mPolicies:\u001b[0m\n");
      expect(shown).toBe(`${before}${rest?.slice(rest.indexOf("Outputs:"))}`);
    },
  );

  test("shows progress dots as they come", () => {
    let shown = "";
    const filter = new WithoutPolicyBlock((text) => {
      shown += text;
    });
    filter.push("@ previewing update");
    filter.push("..");
    expect(shown).toBe("@ previewing update..");
  });
});

const report = reportOf(
  policyEvent(openPort),
  policyEvent(noRetention),
  policyEvent(unknowable("admin")),
  summaryEvent("policyAnalyzeSummaryEvent", { passed: ["tls"], failed: ["open-port", "retention", "admin"] }),
);

describe("SARIF", () => {
  const [run] = (
    JSON.parse(sarifOf(report, "dev", rules)) as {
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    }
  ).runs;
  if (!run) throw new Error("no run");

  test("has a result for each finding: error, warning, or open where nothing could be decided", () => {
    expect(run.results.map(({ ruleId, kind, level }) => [ruleId, kind, level])).toEqual([
      ["open-port", undefined, "error"],
      ["open-port", undefined, "error"],
      ["retention", undefined, "warning"],
      ["admin", "open", "none"],
    ]);
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[Number(ruleIndex)]?.id).toBe(ruleId);
  });

  test("names the resource, points at a file and tells results apart", () => {
    expect(run.results[0]).toMatchObject({
      message: {
        text: 'aws:s3/bucket:Bucket "bastion": ingress[0].cidrBlocks[1]: TCP port 22 is open to 0.0.0.0/0. Fix: remove the rule',
      },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: "Pulumi.dev.yaml" }, region: { startLine: 1 } },
          logicalLocations: [{ name: 'aws:s3/bucket:Bucket "bastion"' }],
        },
      ],
    });
    expect(new Set(run.results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).size).toBe(4);
  });

  test("describes the pack's own rules", () => {
    const own = rules.find(({ severity }) => severity === "critical");
    if (!own) throw new Error("the pack has no critical rule");
    const log = JSON.parse(sarifOf(reportOf(policyEvent({ ...openPort, rule: own.id })), "dev", rules)) as {
      runs: object[];
    };
    expect(log.runs[0]).toMatchObject({
      tool: {
        driver: {
          rules: [
            {
              id: own.id,
              shortDescription: { text: own.title },
              helpUri: own.page,
              properties: { "security-severity": "9.5" },
            },
          ],
        },
      },
    });
  });
});

describe("JUnit XML", () => {
  const xml = junitOf(report, "dev");

  test("fails mandatory findings, skips the others with their reason, and passes rules that found nothing", () => {
    expect(xml).toContain(`<testsuites name="policies" tests="6" failures="2" errors="0" skipped="2">`);
    expect(xml).toContain(`<testcase classname="tls" name="every resource"/>`);
    expect(xml).toContain(
      `<testcase classname="open-port" name="aws:s3/bucket:Bucket &quot;bastion&quot; ingress[0].cidrBlocks[1]"><failure type="critical" message="ingress[0].cidrBlocks[1]: TCP port 22 is open to 0.0.0.0/0">`,
    );
    expect(xml).toContain(
      `<skipped message="medium: retentionInDays: logs are kept for ever&#10;Why: they cost.&#10;Fix: set &lt;retentionInDays&gt; &amp; co"/>`,
    );
    expect(xml).toContain(`<skipped message="unknown: policy: cannot be known at preview"/>`);
  });

  test("holds no character that XML can't", () => {
    const odd = { ...noRetention, message: "[retention] a\u0000b\u001bc." };
    expect(junitOf(reportOf(policyEvent(odd)), "dev")).toContain(`message="medium: a?b?c"`);
  });
});

describe("the presenter", () => {
  const screen = () => {
    let text = "";
    const stream = { write: (more: string) => (text += more), isTTY: false } as unknown as NodeJS.WriteStream;
    return { stream, text: () => text };
  };

  test("shows a finding of the preview not again at the update, and leaves mandatory ones to the refusal", () => {
    const presenter = new FindingsPresenter("dev");
    const first = screen();
    presenter.present(reportOf(policyEvent(noRetention)), first.stream, false);
    expect(first.text()).toContain("logs are kept for ever");
    const second = screen();
    presenter.present(report, second.stream, true);
    expect(second.text()).not.toContain("logs are kept for ever");
    expect(second.text()).not.toContain("TCP port 22");
    expect(second.text()).toContain("policy: judged when known");
    expect(second.text()).toContain("violations: 2 critical, 1 medium (2 mandatory)");
  });

  test("writes the files asked for, in new folders too, and removes an earlier run's at once", () => {
    const files = { sarif: join(folder, "new", "out.sarif"), junit: join(folder, "out.xml") };
    writeFileSync(files.junit, "old");
    const presenter = new FindingsPresenter("dev", files, () => rules);
    expect(() => readFileSync(files.junit)).toThrow("ENOENT");
    presenter.present(report, screen().stream, true);
    expect(JSON.parse(readFileSync(files.sarif, "utf8"))).toMatchObject({ version: "2.1.0" });
    expect(readFileSync(files.junit, "utf8")).toContain("<testsuites");
  });

  test("refuses a file that can't be written before anything is done", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => new FindingsPresenter("dev", { sarif: join(folder, "file", "x.sarif") })).toThrow("can't be written");
  });
});
