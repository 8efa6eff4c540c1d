"""What RDS instances are made with and ministack knows of clusters alone.

* ManageMasterUserPassword: AWS makes up the password and keeps it in Secrets Manager
  (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html). Without it there is no secret to read.
* EngineLifecycleSupport and the logs that are sent to CloudWatch, which are forgotten and so show as changes at every preview.
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
        instance[_SECRET] = {"SecretArn": _keep(instance, password), "SecretStatus": "active"}
    if rds._p(params, _LIFECYCLE):
        instance[_LIFECYCLE] = rds._p(params, _LIFECYCLE)
    instance[_LOGS] = rds._parse_member_list(params, "EnableCloudwatchLogsExports")
    status, headers, body = response
    # The answer was written before all this.
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    text = re.sub("</DBInstance>", f"{_more_xml(instance)}</DBInstance>", _with_logs(text, instance), count=1)
    return status, headers, text.encode("utf-8")


def _modify(modify, params):
    instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
    if instance is not None:
        wanted = "CloudwatchLogsExportConfiguration"
        off = rds._parse_member_list(params, f"{wanted}.DisableLogTypes")
        on = rds._parse_member_list(params, f"{wanted}.EnableLogTypes")
        instance[_LOGS] = [log for log in instance.get(_LOGS, []) if log not in [*off, *on]] + on
        if rds._p(params, _LIFECYCLE):
            instance[_LIFECYCLE] = rds._p(params, _LIFECYCLE)
    return modify(params)


def _keep(instance, password: str) -> str:
    return secretsmanager.create_secret_in_process(
        f"rds!db-{rds.new_uuid()}",
        json.dumps({"username": instance["MasterUsername"], "password": password}),
        description=f"Secret managed by RDS for DB instance {instance['DBInstanceIdentifier']}",
    )


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
