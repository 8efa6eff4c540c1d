"""What RDS instances are made with and ministack knows of clusters alone.

* ManageMasterUserPassword: AWS makes up the password and keeps it in Secrets Manager
  (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html). Without it there is no secret to read.
* An instance that is restored from a snapshot takes its groups, protection and the rest from the request, as one that is created does
  (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html); here it forgets them.
* EngineLifecycleSupport and the logs that are sent to CloudWatch, which are forgotten and so show as changes at every preview; so are Performance Insights
  that are turned on later.
"""

import json
import re

from ministack.services import rds, secretsmanager

from gaps import replace

FOR_VERSION = "1.5.33"

# Members of the instance's record, so that ministack's persistence keeps them.
_SECRET = "MasterUserSecret"
_LIFECYCLE = "EngineLifecycleSupport"
_LOGS = "EnabledCloudwatchLogsExports"


def close() -> None:
    create = replace(rds._ACTION_MAP, "CreateDBInstance", lambda params: _create(create, params))
    replace(rds._ACTION_MAP, "RestoreDBInstanceFromDBSnapshot", lambda params: _restore(create, params))
    delete = replace(rds._ACTION_MAP, "DeleteDBInstance", lambda params: _delete(delete, params))
    modify = replace(rds._ACTION_MAP, "ModifyDBInstance", lambda params: _modify(modify, params))
    to_xml = replace(rds, "_instance_xml", lambda instance: _with_logs(to_xml(instance), instance) + _more_xml(instance))


def _create(create, params):
    managed = rds._p(params, "ManageMasterUserPassword") == "true"
    if managed and rds._p(params, "MasterUserPassword"):
        message = "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled."
        return rds._error("InvalidParameterCombination", message, 400)
    password = rds._generate_master_user_password()
    response = create({**params, "MasterUserPassword": [password]} if managed else params)
    instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
    if response[0] != 200 or instance is None:
        return response
    if managed:
        instance[_SECRET] = _secret_of(instance, password)
    if rds._p(params, _LIFECYCLE):
        instance[_LIFECYCLE] = rds._p(params, _LIFECYCLE)
    instance[_LOGS] = rds._parse_member_list(params, "EnableCloudwatchLogsExports")
    status, headers, body = response
    # The answer was written before all this.
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    text = re.sub("</DBInstance>", f"{_more_xml(instance)}</DBInstance>", _with_logs(text, instance), count=1)
    return status, headers, text.encode("utf-8")


# What an instance has from its snapshot, whatever the request says.
_FROM_SNAPSHOT = ("Engine", "EngineVersion", "MasterUsername", "DBName", "AllocatedStorage", "StorageEncrypted", "KmsKeyId")


def _restore(create, params):
    name = rds._p(params, "DBSnapshotIdentifier")
    snapshot = rds._snapshots.get(name)
    if snapshot is None:
        return rds._error("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    kept = {member: snapshot[member] for member in _FROM_SNAPSHOT if snapshot.get(member) not in (None, "")}
    texts = {member: str(value).lower() if isinstance(value, bool) else str(value) for member, value in kept.items()}
    password = rds._generate_master_user_password()
    request = {**params, **{member: [text] for member, text in texts.items()}, "MasterUserPassword": [password]}
    status, headers, body = _create(create, request)
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    return status, headers, text.replace("CreateDBInstanceRe", "RestoreDBInstanceFromDBSnapshotRe").encode("utf-8")


def _modify(modify, params):
    instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
    if instance is not None:
        if rds._p(params, "ManageMasterUserPassword") == "true" and _SECRET not in instance:
            instance[_SECRET] = _secret_of(instance, rds._generate_master_user_password())
        if rds._p(params, "EnablePerformanceInsights"):
            instance["PerformanceInsightsEnabled"] = rds._p(params, "EnablePerformanceInsights") == "true"
        wanted = "CloudwatchLogsExportConfiguration"
        off = rds._parse_member_list(params, f"{wanted}.DisableLogTypes")
        on = rds._parse_member_list(params, f"{wanted}.EnableLogTypes")
        instance[_LOGS] = [log for log in instance.get(_LOGS, []) if log not in [*off, *on]] + on
        if rds._p(params, _LIFECYCLE):
            instance[_LIFECYCLE] = rds._p(params, _LIFECYCLE)
    return modify(params)


def _secret_of(instance, password: str):
    arn = secretsmanager.create_secret_in_process(
        f"rds!db-{rds.new_uuid()}",
        json.dumps({"username": instance["MasterUsername"], "password": password}),
        description=f"Secret managed by RDS for DB instance {instance['DBInstanceIdentifier']}",
    )
    return {"SecretArn": arn, "SecretStatus": "active"}


def _delete(delete, params):
    instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
    secret = instance and instance.get(_SECRET)
    response = delete(params)
    if secret and response[0] == 200:
        secretsmanager.delete_secret_in_process(secret["SecretArn"])
    return response


def _with_logs(text: str, instance) -> str:
    logs = "".join(f"<member>{log}</member>" for log in instance.get(_LOGS, []))
    return text.replace(f"<{_LOGS}/>", f"<{_LOGS}>{logs}</{_LOGS}>", 1)


def _more_xml(instance) -> str:
    lifecycle = instance.get(_LIFECYCLE)
    secret = instance.get(_SECRET)
    texts = [f"<{_LIFECYCLE}>{lifecycle}</{_LIFECYCLE}>"] if lifecycle else []
    if secret:
        arn, status = secret["SecretArn"], secret["SecretStatus"]
        texts.append(f"<{_SECRET}><SecretArn>{arn}</SecretArn><SecretStatus>{status}</SecretStatus></{_SECRET}>")
    return "".join(texts)
