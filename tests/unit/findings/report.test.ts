import { fc, test as prop } from "@fast-check/vitest";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { describe, expect, test } from "vitest";
import { parseMessage } from "../../../automation/lib/findings/message";
import { renderText, summaryLine } from "../../../automation/lib/findings/text";
import { type Finding as PackFinding, unverifiableMessage, violationMessage } from "../../../policy-pack/lib/findings";
import { rules } from "../../../policy-pack/registry";
import { noRetention, openPort, policyEvent, reportOf, summaryEvent, unknowable } from "./events";

const rule = rules[0];
if (!rule) throw new Error("the pack has no rules");

describe("a message of the pack", () => {
  test("comes apart into findings, reason and cure", () => {
    const findings: PackFinding[] = [
      { path: 'ingress[0]["odd: key"].cidrBlocks[1]', problem: "TCP port 22: open" },
      { path: "", problem: "the bucket has no policy" },
      { path: "", problem: "note well: this is no path" },
    ];
    expect(parseMessage(rule.id, violationMessage(rule, findings))).toEqual({
      kind: "violation",
      findings,
      why: rule.why,
      fix: rule.fix,
      see: expect.stringContaining(rule.page),
    });
  });

  test("on what cannot be known names the paths", () => {
    expect(parseMessage(rule.id, unverifiableMessage(rule, ["policy", "tags.Owner"]))).toEqual({
      kind: "unverifiable",
      findings: [
        { path: "policy", problem: "cannot be known at preview" },
        { path: "tags.Owner", problem: "cannot be known at preview" },
      ],
    });
  });

  test("with lines of no known form loses none of them", () => {
    const { findings } = parseMessage(
      "r",
      "[r] internal error: the rule threw TypeError.\nat check (x.ts:1)\nFix: mend it",
    );
    expect(findings).toEqual([{ path: "", problem: "internal error: the rule threw TypeError\nat check (x.ts:1)" }]);
  });

  prop.prop([fc.string(), fc.string()])(
    "of any form never throws, and one of another pack is kept whole",
    (id, text) => {
      const parsed = parseMessage(id, text);
      if (parsed.kind === "other") expect(parsed.findings).toEqual([{ path: "", problem: text.trim() }]);
      else expect(text.trim().startsWith(`[${id}] `)).toBe(true);
    },
  );
});

describe("the report", () => {
  const events = [
    policyEvent(unknowable("admin")),
    policyEvent(unknowable("exfil", "role, tags.Owner")),
    policyEvent(noRetention),
    policyEvent({ rule: "tags", resource: "bastion", severity: "medium", message: "[tags] tags: missing Owner." }),
    policyEvent(openPort),
    policyEvent(openPort),
    policyEvent({ rule: "foreign", message: "Two lines\nof another pack", severity: undefined }),
    policyEvent({
      rule: "pack-exemptions",
      message:
        "Exemptions in force:\nat-rest on *::a: 2 findings until 2027-01-31, build: scratch\ntls on *::b: 1 finding until 2027-01-31, web: legacy",
    }),
    policyEvent({ rule: "free-alarms", message: "Free tier: 8 of 10 standard alarms.", severity: "low" }),
    summaryEvent("policyAnalyzeSummaryEvent", { passed: ["open-port", "tls"], failed: ["tags"] }),
    summaryEvent("policyAnalyzeSummaryEvent", { passed: ["tls", "tags"], failed: ["open-port", "admin"] }),
    summaryEvent("policyAnalyzeStackSummaryEvent", { passed: ["companions"], failed: ["pack-exemptions"] }),
    { sequence: 1, timestamp: 1, policyRemediationEvent: { policyName: "retention" } } as unknown as EngineEvent,
  ];

  test("groups by resource, the most severe first, one line for each finding", () => {
    expect(renderText(reportOf(...events), { colour: false })).toBe(
      `Policies:
  aws:s3/bucket:Bucket "bastion"
    critical open-port (mandatory) ingress[0].cidrBlocks[1]: TCP port 22 is open to 0.0.0.0/0 -> remove the rule
    critical open-port (mandatory) ingress[2].cidrBlocks[0]: TCP port 22 is open to ::/0 -> remove the rule
    medium   tags (advisory) tags: missing Owner
  aws:s3/bucket:Bucket "log"
    medium   retention (advisory) retentionInDays: logs are kept for ever -> set <retentionInDays> & co
  stack
    unrated  foreign (advisory) Two lines
      of another pack
  aws:s3/bucket:Bucket "role"
    unknown  policy, role, tags.Owner: judged when known
  stack
    cured    retention
  exempt   at-rest on *::a: 2 findings until 2027-01-31, build: scratch
  exempt   tls on *::b: 1 finding until 2027-01-31, web: legacy
  note     Free tier: 8 of 10 standard alarms.
  5 rules run, 3 passed; violations: 2 critical, 2 medium, 1 unrated (2 mandatory); 3 unverifiable; 3 exempted; 1 cured
`,
    );
  });

  test("of a clean stack is its summary", () => {
    const clean = reportOf(summaryEvent("policyAnalyzeSummaryEvent", { passed: ["tls", "tags"] }));
    expect(summaryLine(clean)).toBe("2 rules run, 2 passed; violations: none; 0 unverifiable; 0 exempted");
  });

  test("has colour only where it is asked for", () => {
    const report = reportOf(policyEvent(openPort));
    expect(renderText(report, { colour: true })).toContain("\u001b[1;31mcritical\u001b[0m open-port");
    expect(renderText(report, { colour: false })).not.toContain("\u001b");
  });
});
