import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";

/**
 * rel-dynamodb-deletion-protection: Tables cannot be deleted by mistake
 *
 * Undefined: violation, as the default is off.
 *
 * @severity medium
 * @checkov none
 * @securityHub DynamoDB.6
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html
 */
export const rule = defineRule({
  id: "rel-dynamodb-deletion-protection",
  family: "reliability",
  title: "Tables cannot be deleted by mistake",
  severity: "medium",
  why: "An update that replaces the table, or one call too many, takes the data with it.",
  fix: "set `deletionProtectionEnabled: true`; to delete the table, first set it to false and update.",
  checkov: [],
  securityHub: ["DynamoDB.6"],
  page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html",
  types: ["aws:dynamodb/table:Table"],
  check({ props }, report) {
    const isProtected = props.at("deletionProtectionEnabled");
    report.when(isProtected.isTrue().not(), isProtected, "the table can be deleted at once");
  },
  remedy({ props }) {
    return setIf(props.at("deletionProtectionEnabled").isTrue().not(), ["deletionProtectionEnabled"], true);
  },
});
