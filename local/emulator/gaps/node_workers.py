"""Node processes of functions: their memory limit, and their end.

ministack lets a function use any amount of memory; here the heap ends at 90 % of the function's memory size, so that one
that is too small fails locally too. A worker whose emulator was killed lived on when its code kept a timer or a socket
open; here it ends with the pipe that its events come from. And an error keeps its type (`TypeError`), which ministack
reports as `Runtime.HandlerError` whatever was thrown (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html).
"""

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from gaps import replace

FOR_VERSION = "1.5.33"

_HEAP_SHARE = 0.9
_END_WITH_PIPE = '\nrl.once("close", () => process.exit(0));\n'
_THROWN = 'status: "error", error: String(err.message || err), trace: err.stack || ""'


def close() -> None:
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if _THROWN not in script:
        raise RuntimeError("the Node worker of this ministack reports errors in another way")
    script = script.replace(_THROWN, _THROWN + ", type: err.name")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script + _END_WITH_PIPE
    spawn = replace(lambda_runtime.Worker, "_spawn", None)

    def spawn_limited(worker):
        declared = worker.config
        worker.config = _limited(declared)
        try:
            spawn(worker)
        finally:
            worker.config = declared

    lambda_runtime.Worker._spawn = spawn_limited
    invoke = replace(lambda_runtime.Worker, "invoke", None)

    def invoke_typed(worker, *args, **kwargs):
        response = invoke(worker, *args, **kwargs)
        if response.get("status") == "error" and response.get("type"):
            # Carried by the one member of the response that _execute_function_warm hands on.
            response["error"] = _TypedMessage(response["error"], response["type"])
        return response

    lambda_runtime.Worker.invoke = invoke_typed
    execute = replace(lambda_svc, "_execute_function_warm", lambda *args: _with_type(execute(*args)))


class _TypedMessage(str):
    def __new__(cls, message, error_type):
        typed = super().__new__(cls, message)
        typed.error_type = error_type
        return typed


def _with_type(result):
    body = result.get("body")
    message = body.get("errorMessage") if result.get("error") and isinstance(body, dict) else None
    if isinstance(message, _TypedMessage):
        body["errorType"] = message.error_type
    return result


def _limited(config):
    if not str(config.get("Runtime", "")).startswith("nodejs"):
        return config
    environment = config.get("Environment") or {}
    variables = environment.get("Variables") or {}
    heap = int(int(config.get("MemorySize") or 128) * _HEAP_SHARE)
    options = f"--max-old-space-size={heap} {variables.get('NODE_OPTIONS', '')}".strip()
    return {**config, "Environment": {**environment, "Variables": {**variables, "NODE_OPTIONS": options}}}
