"""State that survives a crash.

ministack writes its state when it is stopped in an orderly way, so a crash, a `kill -9` or a power cut loses every
resource while Pulumi's state still has them. Here what changed is also written a second after the last change, and every
five seconds while changes go on: a crash loses that much at most.
"""

import asyncio
import logging
import time

from ministack import app as ministack_app
from ministack.core import persistence

FOR_VERSION = "1.5.33"

logger = logging.getLogger("checkpoints")

_QUIET_SECONDS = 1
_LONGEST_SECONDS = 5


def close() -> None:
    # One line per service and checkpoint would drown the rest of the log.
    logging.getLogger("persistence").setLevel(logging.WARNING)


class _Checkpoints:
    def __init__(self):
        self._changed = 0.0
        self._first_change = 0.0
        self._task = None

    def note(self) -> None:
        self._changed = time.monotonic()
        if self._task is None or self._task.done():
            self._first_change = self._changed
            self._task = asyncio.get_running_loop().create_task(self._save_when_quiet())

    async def _save_when_quiet(self) -> None:
        while True:
            now = time.monotonic()
            due = min(self._changed + _QUIET_SECONDS, self._first_change + _LONGEST_SECONDS)
            if now < due:
                await asyncio.sleep(due - now)
                continue
            saved_up_to = self._changed
            self._first_change = time.monotonic()
            await asyncio.to_thread(save)
            if self._changed == saved_up_to:
                return


def save() -> None:
    """Write the state of every service that has any. One that changes while it is read is written next time."""
    for name, get_state in ministack_app._build_persistence_save_dict().items():
        for _ in range(3):
            try:
                state = get_state()
                break
            except RuntimeError as error:
                # "dictionary changed size during iteration": a request got in between.
                logger.debug("%s changed while it was read: %s", name, error)
        else:
            logger.warning("%s could not be written; the next checkpoint tries again", name)
            continue
        if state is not None:
            persistence.save_state(name, state)


def wrap(inner):
    """Reads count too: the emulator goes on changing what was asked for (a function becomes active) without a request."""
    checkpoints = _Checkpoints()

    async def app(scope, receive, send):
        try:
            await inner(scope, receive, send)
        finally:
            if scope["type"] == "http":
                checkpoints.note()

    return app
