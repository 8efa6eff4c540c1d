"""Logs what a failed deployment is looked up by: every refused request, every slow one, every one left unanswered."""

import logging
import time

logger = logging.getLogger("requests")

_SLOW_SECONDS = 5


def wrap(inner):
    async def app(scope, receive, send):
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        status = None
        started = time.monotonic()

        async def observed_send(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await inner(scope, receive, observed_send)
        finally:
            seconds = time.monotonic() - started
            if status is None or status >= 400 or seconds > _SLOW_SECONDS:
                target = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-amz-target"), "")
                logger.info("%s %s %s-> %s in %.1f s", scope["method"], scope["path"], target and target + " ", status or "no answer", seconds)

    return app
