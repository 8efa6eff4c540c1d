"""What becomes of an asynchronous invocation (an S3 notification, InvocationType Event) that fails for good.

ministack retries, then sends the record that AWS sends to an on-failure destination to the dead-letter queue too. AWS sends
a dead-letter queue the event itself with the attributes RequestID, ErrorCode and ErrorMessage, and serves both when both are
set (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html). On success AWS serves the
on-success destination, which ministack does not know.
"""

import json
import logging
import time
from datetime import datetime, timezone

from ministack.core.responses import new_uuid
from ministack.services import lambda_svc, sns, sqs

from gaps import replace

FOR_VERSION = "1.5.33"

logger = logging.getLogger("async-invocations")

_ERROR_MESSAGE_BYTES = 1024


def close() -> None:
    replace(lambda_svc, "_route_async_failure", lambda target, name, event, result: None)
    replace(lambda_svc, "invoke_async_with_retry", _invoke)


def _invoke(func: dict, event) -> None:
    lambda_svc.spawn_background(_run, func, event, thread_name="lambda-async")


def _run(func: dict, event) -> None:
    config = func.get("config") or func
    account_id, region = lambda_svc._account_region_from_function_config(config)
    lambda_svc._request_account_id.set(account_id)
    lambda_svc._request_region.set(region)
    options = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
    retries = options.get("MaximumRetryAttempts")
    attempts = 1 + int(2 if retries is None else retries)
    oldest = int(options.get("MaximumEventAgeInSeconds") or 21600)
    destinations = options.get("DestinationConfig") or {}
    started = time.time()
    condition, made, result = "RetriesExhausted", 0, {}
    for attempt in range(attempts):
        if attempt > 0:
            delay = min(
                lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** (attempt - 1), lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS
            )
            if time.time() - started + delay > oldest:
                condition = "EventAgeExceeded"
                break
            time.sleep(delay)
        result = lambda_svc._execute_function(func, event)
        made += 1
        if not result.get("error"):
            _send((destinations.get("OnSuccess") or {}).get("Destination"), lambda: _record(config, event, result, "Success", made))
            return
    name = config.get("FunctionName")
    logger.warning("%s failed %d times, last with %s", name, made, _error_of(result))
    request_id = new_uuid()
    _send(
        (destinations.get("OnFailure") or {}).get("Destination"),
        lambda: _record(config, event, result, condition, made, request_id),
    )
    _send(
        (config.get("DeadLetterConfig") or {}).get("TargetArn"),
        lambda: event,
        {"RequestID": ("String", request_id), "ErrorCode": ("Number", "200"), "ErrorMessage": ("String", _error_of(result))},
    )


def _error_of(result: dict) -> str:
    body = result.get("body")
    message = body.get("errorMessage") if isinstance(body, dict) else body
    return str(message or "Unknown error").encode()[:_ERROR_MESSAGE_BYTES].decode(errors="ignore")


def _record(config, event, result, condition, made, request_id=None):
    failed = condition != "Success"
    response = {"statusCode": 200, "executedVersion": config.get("Version", "$LATEST")}
    return {
        "version": "1.0",
        "timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "requestContext": {
            "requestId": request_id or new_uuid(),
            "functionArn": f"{config.get('FunctionArn', '')}:{config.get('Version', '$LATEST')}",
            "condition": condition,
            "approximateInvokeCount": made,
        },
        "requestPayload": event,
        "responseContext": {**response, "functionError": result.get("function_error") or "Unhandled"} if failed else response,
        "responsePayload": result.get("body"),
    }


def _send(target, payload, attributes=None) -> None:
    """Deliver `payload()` to the ARN of a queue, a topic or a function; what can't be delivered is lost, as on AWS, and logged."""
    if not target:
        return
    message = json.dumps(payload())
    service = target.split(":")[2]
    try:
        if service == "sqs":
            _to_queue(target, message, attributes or {})
        elif service == "sns":
            shaped = {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in (attributes or {}).items()}
            if target not in sns._topics:
                raise LookupError("no such topic")
            sns._fanout(target, new_uuid(), message, "", "", shaped)
        elif service == "lambda":
            func, config, _ = lambda_svc._get_func_record_for_ref(target)
            if not func:
                raise LookupError("no such function")
            _invoke(lambda_svc._execution_record_for_config(func, config), json.loads(message))
        else:
            raise LookupError(f"{service} is no destination here")
    except Exception:
        logger.exception("could not deliver to %s", target)


def _to_queue(arn: str, body: str, attributes: dict) -> None:
    *_, account_id, name = arn.split(":")
    url = sqs._queue_url_for_account(account_id, name)
    shaped = {key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()}
    sqs._act_send_message({"QueueUrl": url, "MessageBody": body, "MessageAttributes": shaped}, url)
