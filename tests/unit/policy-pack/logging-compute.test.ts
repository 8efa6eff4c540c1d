import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { type Case, cure, holds } from "./holds";
import { pass, unverifiable, violation } from "./rules";

type Props = Record<string, Json>;

describe("log-rds-exports", () => {
  const id = "log-rds-exports";
  const path = "enabledCloudwatchLogsExports";
  const instance = (props: Props): Resource => ({ type: "aws:rds/instance:Instance", props });
  const cluster = (props: Props): Resource => ({ type: "aws:rds/cluster:Cluster", props });
  const sending = (engine: Json, ...logs: readonly Json[]) => ({ engine, [path]: logs });
  const missing = (...logs: readonly string[]) =>
    violation(...logs.map((log) => `${path}: the log ${log} is not sent`));
  const none = violation(`${path}: no log is sent`);

  const engines: readonly (readonly [engine: string, ...logs: string[]])[] = [
    ["postgres", "postgresql"],
    ["aurora-postgresql", "postgresql"],
    ["mysql", "error", "slowquery"],
    ["mariadb", "error", "slowquery"],
    ["aurora-mysql", "error", "slowquery"],
    ["oracle-se2", "alert"],
    ["custom-oracle-ee", "alert"],
    ["sqlserver-ex", "error"],
    ["custom-sqlserver-se", "error"],
    ["db2-se", "diag.log"],
  ];

  holds(id, [
    ...engines.flatMap(([engine, ...logs]): Case[] => [
      [`passes what ${engine} tells`, instance(sending(engine, ...logs, "other")), pass],
      [`refuses less of ${engine}`, instance(sending(engine, "other")), missing(...logs)],
    ]),
    ["passes a cluster", cluster(sending("aurora-postgresql", "postgresql")), pass],
    ["refuses undefined", instance({ engine: "postgres" }), none],
    ["refuses an empty list", cluster(sending("aurora-mysql")), none],
    ["refuses half", instance(sending("mysql", "error")), missing("slowquery")],
    ["passes any log of an engine that is not known here", instance(sending("future", "x")), pass],
    ["passes any log of an undefined engine, which a snapshot has", instance({ [path]: ["x"] }), pass],
    ["refuses none of an unknown engine", instance({ engine: unknown }), none],
    [
      "cannot judge some of an unknown engine",
      instance(sending(unknown, "error", "slowquery", "postgresql")),
      unverifiable("engine"),
    ],
    ["cannot judge an unknown list", instance({ engine: "postgres", [path]: unknown }), unverifiable(path)],
    ["cannot judge an unknown log", instance(sending("postgres", unknown)), unverifiable(`${path}[0]`)],
    ["passes beside an unknown log", instance(sending("postgres", unknown, "postgresql")), pass],
  ]);

  test("remediation adds what is missing", async () => {
    expect(await cure(id, instance({ engine: "mysql", password: unknown }))).toEqual({
      password: unknown,
      ...sending("mysql", "error", "slowquery"),
    });
    expect(await cure(id, cluster(sending("aurora-mysql", "audit", "error")))).toEqual(
      sending("aurora-mysql", "audit", "error", "slowquery"),
    );
  });

  test("remediation changes nothing that is right or unknown", async () => {
    expect(await cure(id, instance(sending("postgres", "postgresql")))).toBeUndefined();
    expect(await cure(id, instance({ engine: "postgres", [path]: unknown }))).toBeUndefined();
    expect(await cure(id, instance(sending("postgres", unknown)))).toBeUndefined();
    expect(await cure(id, instance({ engine: unknown }))).toBeUndefined();
    expect(await cure(id, instance({ engine: "future" }))).toBeUndefined();
  });
});

describe("log-alarm-actions", () => {
  const noAction = "alarmActions: the alarm has no action";
  const off = "actionsEnabled: the alarm's actions are off";

  describe.each(["metricAlarm:MetricAlarm", "compositeAlarm:CompositeAlarm"])("of %s", (type) => {
    const alarm = (props: Props): Resource => ({ type: `aws:cloudwatch/${type}`, props });
    holds("log-alarm-actions", [
      ["passes an action", alarm({ alarmActions: ["arn:1"] }), pass],
      ["counts an unknown action as there", alarm({ alarmActions: [unknown], actionsEnabled: true }), pass],
      ["refuses undefined", alarm({}), violation(noAction)],
      ["refuses an empty list", alarm({ alarmActions: [], okActions: ["arn:1"] }), violation(noAction)],
      ["refuses actions that are off", alarm({ alarmActions: ["arn:1"], actionsEnabled: false }), violation(off)],
      ["cannot judge an unknown list", alarm({ alarmActions: unknown }), unverifiable("alarmActions")],
      [
        "reports a missing action beside an unknown switch",
        alarm({ actionsEnabled: unknown }),
        { violations: [noAction], unknowns: ["actionsEnabled"] },
      ],
    ]);
  });
});

describe("log-xray", () => {
  const id = "log-xray";
  const lambda = (props: Props): Resource => ({ type: "aws:lambda/function:Function", props });
  const stage = (props: Props): Resource => ({ type: "aws:apigateway/stage:Stage", props });
  const lambdaRefused = violation("tracingConfig.mode: calls are not traced");
  const stageRefused = violation("xrayTracingEnabled: requests are not traced");

  holds(id, [
    ["passes a function that is traced", lambda({ tracingConfig: { mode: "Active" } }), pass],
    [
      "refuses a function that passes traces through",
      lambda({ tracingConfig: { mode: "PassThrough" } }),
      lambdaRefused,
    ],
    ["refuses an undefined mode", lambda({}), lambdaRefused],
    ["cannot judge an unknown mode", lambda({ tracingConfig: { mode: unknown } }), unverifiable("tracingConfig.mode")],
    ["passes a stage that is traced", stage({ xrayTracingEnabled: true }), pass],
    ["refuses a stage that is not", stage({ xrayTracingEnabled: false }), stageRefused],
    ["refuses an undefined stage", stage({}), stageRefused],
    ["cannot judge an unknown stage", stage({ xrayTracingEnabled: unknown }), unverifiable("xrayTracingEnabled")],
  ]);

  test("remediation is for stages, as functions need a permission", async () => {
    expect(await cure(id, stage({ deployment: unknown }))).toEqual({ deployment: unknown, xrayTracingEnabled: true });
    expect(await cure(id, stage({ xrayTracingEnabled: true }))).toBeUndefined();
    expect(await cure(id, stage({ xrayTracingEnabled: unknown }))).toBeUndefined();
    expect(await cure(id, lambda({}))).toBeUndefined();
  });
});

describe("log-lambda-log-group", () => {
  const lambda = (props: Props, from?: Resource["from"]): Resource => ({
    type: "aws:lambda/function:Function",
    name: "handler",
    props: { name: "shop-handler", ...props },
    from,
  });
  const group = (name: Json, from?: Resource["from"]): Resource => ({
    type: "aws:cloudwatch/logGroup:LogGroup",
    name: "group",
    props: { name },
    from,
  });
  const refused = violation("loggingConfig.logGroup: Lambda makes the log group itself");

  holds("log-lambda-log-group", [
    [
      "passes a group that the function names",
      [lambda({ loggingConfig: { logFormat: "JSON", logGroup: "shop" } })],
      pass,
    ],
    [
      "counts an unknown group as named",
      [
        lambda({ loggingConfig: { logFormat: "JSON", logGroup: unknown } }, { loggingConfig: ["group"] }),
        group(unknown),
      ],
      pass,
    ],
    ["passes the group that Lambda would make", [lambda({}), group("/aws/lambda/shop-handler")], pass],
    ["finds it by where its name came from", [lambda({ name: unknown }), group(unknown, { name: ["handler"] })], pass],
    ["refuses undefined", [lambda({})], refused],
    ["refuses another function's group", [lambda({}), group("/aws/lambda/shop-handler-2")], refused],
    [
      "refuses a group whose name came from elsewhere",
      [lambda({ name: unknown }), group(unknown, { name: ["group"] })],
      refused,
    ],
    ["refuses a group that is no function's", [lambda({ name: unknown }), group("/aws/apigateway/shop")], refused],
    ["refuses a format without a group", [lambda({ loggingConfig: { logFormat: "JSON", logGroup: "" } })], refused],
    [
      "refuses what only the provider does not know yet",
      [lambda({ loggingConfig: { logFormat: "JSON", logGroup: unknown } })],
      refused,
    ],
    [
      "cannot judge a function whose name is unknown",
      [lambda({ name: unknown }), group("/aws/lambda/shop")],
      unverifiable("handler.name"),
    ],
    [
      "cannot judge a group whose name came from nowhere",
      [lambda({}), group(unknown, { name: [] })],
      unverifiable("group.name"),
    ],
    ["cannot judge a group whose name is unknown", [lambda({}), group(unknown)], unverifiable("group.name")],
    ["passes undefined functions", [group("/aws/lambda/shop")], pass],
  ]);
});
