import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * enc-elasticache-auth: ElastiCache asks clients for a password
 *
 * A user group (RBAC) or an AUTH token, which may be unknown, and TLS, which both need. Undefined: violation.
 *
 * @severity medium
 * @checkov CKV_AWS_31
 * @securityHub ElastiCache.6
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
 */
export const rule = defineRule({
  id: "enc-elasticache-auth",
  family: "encryption",
  title: "ElastiCache asks clients for a password",
  severity: "medium",
  why: "Without it whoever reaches the port, from any process on any instance that the security group lets in, reads and changes everything.",
  fix: "set `userGroupIds` to a user group, or `authToken` to a secret of 16 to 128 characters.",
  checkov: ["CKV_AWS_31"],
  securityHub: ["ElastiCache.6"],
  page: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html",
  types: ["aws:elasticache/replicationGroup:ReplicationGroup"],
  check({ props }, report) {
    const groups = props.at("userGroupIds");
    const tls = props.at("transitEncryptionEnabled");
    const hasToken = props.at("authToken").hasContent().or(props.at("authTokenWo").hasContent());
    const hasAuth = hasToken.or(Truth.any(groups.elements().map((group) => group.hasContent())));
    const inheritsTls = props.at("globalReplicationGroupId").hasContent();
    report.when(hasAuth.not(), groups, "clients need no password");
    report.when(hasAuth.and(inheritsTls.or(tls.isTrue()).not()), tls, "passwords are sent without TLS");
  },
});
