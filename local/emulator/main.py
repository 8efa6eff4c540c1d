"""Runs ministack for one checkout: bound to loopback, its state kept on disk, and the gaps of gaps/ closed.

local/emulator.ts starts it and hands everything in through the environment; nothing here is meant to be run by hand.

LLM_STACKS_EMULATOR_DIR       folder of this emulator's state
LLM_STACKS_EMULATOR_INSTANCE  a name for this process, which the identity endpoint answers with
GATEWAY_PORT                  port on 127.0.0.1
"""

import asyncio
import logging
import os
import resource
import signal
import sys

import gaps
import identity
import request_log
import retried_requests


async def serve(app, port: int) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    # A stopping server runs ministack's shutdown, which writes the state of every service.
    await hypercorn_serve(app, config, shutdown_trigger=stop.wait)


def main() -> None:
    port = int(os.environ["GATEWAY_PORT"])
    # Every connection and every Lambda worker's three pipes take a descriptor; the usual soft limit is 1024.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError) as error:
        logging.warning("file descriptor limit stays as it is: %s", error)

    gaps.refuse_other_versions()
    import ministack.app

    gaps.close_all()
    from gaps import checkpoints

    app = checkpoints.wrap(retried_requests.wrap(request_log.wrap(ministack.app.app)))
    asyncio.run(serve(identity.wrap(ministack.app, app), port))


if __name__ == "__main__":
    sys.exit(main())
