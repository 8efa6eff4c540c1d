import { clusterType, instanceType, isReplica } from "../../lib/databases";
import { defineRule } from "../../lib/rule";

/**
 * rel-rds-final-snapshot: Deleting a database leaves a snapshot
 *
 * `skipFinalSnapshot` is not true, and `finalSnapshotIdentifier` names the snapshot, for without a name the deletion
 * fails. Read replicas leave none. Undefined: violation for the name; passes for the skipping, whose default is off.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
 */
export const rule = defineRule({
  id: "rel-rds-final-snapshot",
  family: "reliability",
  title: "Deleting a database leaves a snapshot",
  severity: "medium",
  why: "Automated backups go with the database unless told otherwise; the final snapshot is what is left.",
  fix: 'leave `skipFinalSnapshot` out and set `finalSnapshotIdentifier: "shop-final"`.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
  types: [instanceType, clusterType],
  check({ props }, report) {
    const skips = props.at("skipFinalSnapshot").isTrue();
    const name = props.at("finalSnapshotIdentifier");
    const judged = isReplica(props).not();
    report.when(judged.and(skips), "skipFinalSnapshot", "the data is gone with the database");
    report.when(
      judged.and(skips.not()).and(name.hasContent().not()),
      name,
      "the final snapshot has no name, so the database cannot be deleted",
    );
  },
});
