"""Answers a retried request with the answer that its first attempt got.

Under load an answer now and then does not reach the client. An SDK then sends the same request again, and a creation that
was done is refused as a duplicate (409). AWS guards many creations by idempotency tokens; here the SDK's own marks do it
for all: `amz-sdk-invocation-id` names a call, and `amz-sdk-request: attempt=2` its second attempt
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
"""

import asyncio
import logging
import re
from collections import OrderedDict

logger = logging.getLogger("requests")

_REMEMBERED_CALLS = 2000
_LARGEST_BODY = 1 << 20


class _Answer:
    """What was sent for one call; `messages` is None while it is worked on, and when it can't be replayed."""

    def __init__(self):
        self.done = asyncio.Event()
        self.messages = None


def wrap(inner):
    answers: OrderedDict[bytes, _Answer] = OrderedDict()

    async def app(scope, receive, send):
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        call = headers.get(b"amz-sdk-invocation-id")
        if call is None or scope["method"] in ("GET", "HEAD"):
            await inner(scope, receive, send)
            return
        earlier = answers.get(call) if _attempt(headers) > 1 else None
        if earlier:
            await earlier.done.wait()
            if earlier.messages:
                logger.info("%s %s: attempt %d gets the answer of the first", scope["method"], scope["path"], _attempt(headers))
                for message in earlier.messages:
                    await send(message)
                return
        answers[call] = answer = _Answer()
        while len(answers) > _REMEMBERED_CALLS:
            answers.popitem(last=False)
        sent = []

        async def recording_send(message):
            sent.append(message)
            await send(message)

        try:
            await inner(scope, receive, recording_send)
        finally:
            answer.messages = _replayable(sent)
            answer.done.set()

    return app


def _attempt(headers) -> int:
    found = re.search(rb"attempt=(\d+)", headers.get(b"amz-sdk-request", b""))
    return int(found[1]) if found else 1


def _replayable(sent):
    """A whole answer other than a passing failure, which is what the retry is for."""
    if not sent or sent[0]["type"] != "http.response.start" or sent[-1].get("more_body"):
        return None
    status = sent[0]["status"]
    if status == 429 or status >= 500 or sum(len(message.get("body", b"")) for message in sent) > _LARGEST_BODY:
        return None
    return sent
