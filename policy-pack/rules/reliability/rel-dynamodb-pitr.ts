import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";

/**
 * rel-dynamodb-pitr: Tables can be restored to any point in time
 *
 * Undefined: violation, as the default is off.
 *
 * @severity medium
 * @checkov CKV_AWS_28
 * @securityHub DynamoDB.2
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
 */
export const rule = defineRule({
  id: "rel-dynamodb-pitr",
  family: "reliability",
  title: "Tables can be restored to any point in time",
  severity: "medium",
  why: "DynamoDB keeps no backups on its own, so what a faulty release overwrites is lost.",
  fix: "set `pointInTimeRecovery: { enabled: true }`. It costs by the gigabyte.",
  checkov: ["CKV_AWS_28"],
  securityHub: ["DynamoDB.2"],
  page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html",
  unlessFree: "ft-dynamodb-capacity",
  types: ["aws:dynamodb/table:Table"],
  check({ props }, report) {
    const enabled = props.at("pointInTimeRecovery", "enabled");
    report.when(enabled.isTrue().not(), enabled, "the table cannot be restored");
  },
  remedy({ props }) {
    const path = ["pointInTimeRecovery", "enabled"];
    return setIf(
      props
        .at(...path)
        .isTrue()
        .not(),
      path,
      true,
    );
  },
});
