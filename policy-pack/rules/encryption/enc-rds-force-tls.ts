import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

interface Engine {
  readonly pattern: RegExp;
  readonly parameter: string;
  /** The first major version in which the parameter is on by default. */
  readonly onFrom?: number;
}

const rds: readonly Engine[] = [
  { pattern: /^postgres\d/, parameter: "rds.force_ssl", onFrom: 15 },
  { pattern: /^(?:mysql|mariadb)\d/, parameter: "require_secure_transport" },
  { pattern: /^sqlserver-/, parameter: "rds.force_ssl" },
];
const aurora: readonly Engine[] = [
  { pattern: /^aurora-postgresql\d/, parameter: "rds.force_ssl", onFrom: 17 },
  { pattern: /^aurora-mysql\d/, parameter: "require_secure_transport" },
];
const engines: Readonly<Record<string, readonly Engine[]>> = {
  "aws:rds/parameterGroup:ParameterGroup": rds,
  "aws:rds/clusterParameterGroup:ClusterParameterGroup": [...rds, ...aurora],
};

/**
 * enc-rds-force-tls: RDS parameter groups force TLS
 *
 * Parameter groups of instances, and of clusters for Aurora, whose instance groups have no such parameter. Other
 * engines have none either. Undefined: violation; passes for postgres15 and aurora-postgresql17 and later, where it is
 * on.
 *
 * @severity medium
 * @checkov CKV2_AWS_69
 * @securityHub RDS.38 RDS.39
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 */
export const rule = defineRule({
  id: "enc-rds-force-tls",
  family: "encryption",
  title: "RDS parameter groups force TLS",
  severity: "medium",
  why: "Without it the database takes clients that do not ask for TLS, and their passwords and rows go over the network in the clear.",
  fix: 'add { name: "rds.force_ssl", value: "1" } (PostgreSQL, SQL Server) or { name: "require_secure_transport", value: "1" } (MySQL, MariaDB) to `parameters`.',
  checkov: ["CKV2_AWS_69"],
  securityHub: ["RDS.38", "RDS.39"],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html",
  types: Object.keys(engines),
  check({ type, props }, report) {
    const family = props.at("family");
    const parameters = props.at("parameters");
    for (const { pattern, parameter, onFrom } of engines[type] ?? []) {
      const applies = family.matches((name) => pattern.test(String(name)));
      const onByDefault = family.matches((name) => onFrom !== undefined && version(String(name)) >= onFrom);
      const settings = parameters.elements().map((each) => {
        const isIt = each.at("name").equals(parameter);
        return { set: isIt, on: isIt.and(each.at("value").matches((value) => /^(?:1|on|true)$/i.test(String(value)))) };
      });
      const isSet = Truth.any(settings.map(({ set }) => set));
      const isOn = Truth.any(settings.map(({ on }) => on));
      const forced = isOn.or(isSet.not().and(onByDefault));
      report.when(applies.and(forced.not()), parameters, `${parameter} is not on, so clients may connect without TLS`);
    }
  },
});

function version(family: string): number {
  return Number.parseInt(family.replace(/^\D+/, ""), 10);
}
