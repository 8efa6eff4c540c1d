import { clusterType, instanceType } from "../../lib/databases";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * log-rds-exports: Databases send their logs to CloudWatch
 *
 * `enabledCloudwatchLogsExports` has the logs of the engine that tell most: postgresql for PostgreSQL, error and
 * slowquery for MySQL and MariaDB. Instances of a cluster have the cluster's. Undefined: violation, as the default is
 * none.
 *
 * @severity low
 * @checkov CKV_AWS_129
 * @securityHub RDS.9 RDS.36
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
 */
export const rule = defineRule({
  id: "log-rds-exports",
  family: "logging",
  title: "Databases send their logs to CloudWatch",
  severity: "low",
  why: "On the database the logs are kept for days only and go with it, so slow queries and failed logins leave no trace.",
  fix: 'set `enabledCloudwatchLogsExports`: ["postgresql"] for PostgreSQL, ["error", "slowquery"] for MySQL and MariaDB.',
  checkov: ["CKV_AWS_129"],
  securityHub: ["RDS.9", "RDS.36"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html",
  types: [instanceType, clusterType],
  check({ props }, report) {
    const exports = props.at("enabledCloudwatchLogsExports");
    const sendsAny = Truth.any(exports.elements().map((each) => each.isSet()));
    report.when(sendsAny.not(), exports, "no log is sent");
    for (const [engine, logs] of usefulLogs) {
      const isEngine = props.at("engine").matches((name) => engine.test(String(name)));
      for (const log of logs) {
        report.when(sendsAny.and(isEngine).and(sends(exports, log).not()), exports, `the log ${log} is not sent`);
      }
    }
  },
  remedy({ props }) {
    const exports = props.at("enabledCloudwatchLogsExports");
    const engine = String(props.at("engine").scalar());
    const logs = usefulLogs.find(([pattern]) => pattern.test(engine))?.[1] ?? [];
    const missing = logs.filter((log) => sends(exports, log).answer === "no");
    const length = exports.elements().length;
    return missing.map((log, index) => ({ path: ["enabledCloudwatchLogsExports", length + index], value: log }));
  },
});

/**
 * The logs that tell most, by engine. Instances and clusters of one engine have the same.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 */
const usefulLogs: readonly (readonly [engine: RegExp, logs: readonly string[]])[] = [
  [/^(aurora-)?postgres/, ["postgresql"]],
  [/^(aurora-)?(mysql|mariadb)/, ["error", "slowquery"]],
  [/^(custom-)?oracle/, ["alert"]],
  [/^(custom-)?sqlserver/, ["error"]],
  [/^db2/, ["diag.log"]],
];

function sends(exports: Value, log: string): Truth {
  return Truth.any(exports.elements().map((each) => each.equals(log)));
}
