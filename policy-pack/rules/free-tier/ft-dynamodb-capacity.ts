import { z } from "zod";
import { alwaysFree, factSetting, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { dollars, judgeLimit, type Share, sharesOf } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { regionOf } from "../../lib/region";
import { defineRule } from "../../lib/rule";
import { type StackResource, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const tableType = "aws:dynamodb/table:Table";
const replicaTypes = ["aws:dynamodb/tableReplica:TableReplica", "aws:dynamodb/globalTable:GlobalTable"];

/**
 * ft-dynamodb-capacity: DynamoDB stays within its free capacity
 *
 * Tables have provisioned capacity, and the units of all tables and their indexes in a region stay within the limits, each
 * for reads and for writes. On-demand tables, the class Standard-IA, replicas and point-in-time recovery are not in the
 * offer. Undefined: passes, billing is PROVISIONED.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/provisioned-capacity-mode.html
 */
export const rule = defineRule({
  id: "ft-dynamodb-capacity",
  family: "free-tier",
  title: "DynamoDB stays within its free capacity",
  severity: "medium",
  why: "Every account has 25 read and 25 write units in each region for good, but only as provisioned capacity of the class Standard.",
  fix: 'set `billingMode: "PROVISIONED"` with small `readCapacity` and `writeCapacity`, on the indexes too, and leave out replicas and point-in-time recovery.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/provisioned-capacity-mode.html",
  types: [tableType, ...replicaTypes],
  settings: z.strictObject({
    readUnits: factSetting(alwaysFree.dynamodbReadUnits, "Read units of a region"),
    writeUnits: factSetting(alwaysFree.dynamodbWriteUnits, "Write units of a region"),
    readUnitPrice: factSetting(prices.dynamodbReadUnitHour, "What a read unit costs"),
    writeUnitPrice: factSetting(prices.dynamodbWriteUnitHour, "What a write unit costs"),
  }),
  check({ type, props }, report) {
    report.when(Truth.of(replicaTypes.includes(type)), "", "replicas are not in the offer");
    const billing = props.at("billingMode");
    report.when(billing.equals("PAY_PER_REQUEST"), billing, "on-demand requests are not in the offer");
    const tableClass = props.at("tableClass");
    report.when(
      tableClass.equals("STANDARD_INFREQUENT_ACCESS"),
      tableClass,
      "the class Standard-IA is not in the offer",
    );
    if (type === tableType) {
      for (const replica of props.at("replicas").elements()) {
        report.when(replica.isSet(), replica, "replicas are not in the offer");
      }
    }
    const recovery = props.at("pointInTimeRecovery", "enabled");
    report.when(recovery.isTrue(), recovery, "point-in-time recovery is billed for each GB of the table");
  },
  checkStack(stack, report, settings) {
    const regions = stack.ofType(tableType).map(regionOf);
    const known = new Set(regions.filter((region) => !region.isUnknown()).map((region) => region.scalar()));
    for (const region of known.size > 0 ? known : [undefined]) {
      for (const kind of ["read", "write"] as const) {
        const shares: readonly Share[] = sharesOf(stack, [tableType], (table) => {
          const own = regionOf(table);
          const isThere = own.matches((name) => name === region);
          return units(table, `${kind}Capacity`).times(Quantity.when(isThere));
        });
        const monthlyPrice = settings[`${kind}UnitPrice`] * hoursPerMonth;
        judgeLimit(report, shares, {
          what: `provisioned DynamoDB ${kind} units${region === undefined ? "" : ` in ${region}`}`,
          free: settings[`${kind}Units`],
          offer: "always",
          plan: "always-free",
          monthlyPrice,
          priceText: `${dollars(monthlyPrice)} each`,
        });
      }
    }
  },
});

function units(table: StackResource, property: string): Quantity {
  if (written(table, "billingMode").equals("PAY_PER_REQUEST").answer === "yes") return Quantity.zero;
  const indexes = written(table, "globalSecondaryIndexes").elements();
  return Quantity.sum([
    Quantity.of(written(table, property), 0),
    ...indexes.map((index) => Quantity.of(index.at(property), 0)),
  ]);
}
