"""Tells callers which emulator answers: `GET /_llm-stacks/identity`.

`instance` names the process; local/emulator.ts compares it with what it started, so that another program on the port is
never taken for this one. `runId` names the resources: it stays over restarts and changes when they are gone.
"""

import json
import os
import uuid

PATH = "/_llm-stacks/identity"


def state_dir() -> str:
    return os.environ["LLM_STACKS_EMULATOR_DIR"]


def _run_id_file() -> str:
    return os.path.join(state_dir(), "state", "run-id")


def new_run_id() -> str:
    run_id = uuid.uuid4().hex
    path = _run_id_file()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".tmp", "w", encoding="ascii") as file:
        file.write(run_id)
    os.replace(path + ".tmp", path)
    return run_id


def run_id() -> str:
    try:
        with open(_run_id_file(), encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return new_run_id()


def wrap(ministack_app, inner):
    """`inner` with the identity endpoint in front; a reset of ministack gives a new run id."""
    reset_all = ministack_app._reset_all_state
    current = run_id()

    def reset_and_rename():
        nonlocal current
        reset_all()
        current = new_run_id()

    ministack_app._reset_all_state = reset_and_rename

    async def app(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != PATH:
            await inner(scope, receive, send)
            return
        body = json.dumps(
            {
                "instance": os.environ["LLM_STACKS_EMULATOR_INSTANCE"],
                "runId": current,
                "version": ministack_app._version(),
                "pid": os.getpid(),
            }
        ).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
