"""Answers that CloudFront passes on while they come.

ministack collects the whole answer of a load balancer before the viewer gets a byte, so events of a language model arrive
all at once at the end. CloudFront sends on what it has
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#ResponseCustomTransferEncoding).
"""

import asyncio

from ministack.core.responses import StreamingResponse
from ministack.services import cloudfront

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    replace(cloudfront, "_collect_streaming_body", _pass_on)


async def _pass_on(stream: StreamingResponse, read_timeout: float) -> StreamingResponse:
    """The same stream, ended without its last frame where the origin is silent for longer than CloudFront waits."""

    async def run(send, receive):
        frames: asyncio.Queue = asyncio.Queue()
        finished = object()

        async def read():
            try:
                await stream.runner(frames.put, receive)
            finally:
                frames.put_nowait(finished)

        reader = asyncio.ensure_future(read())
        try:
            while (frame := await asyncio.wait_for(frames.get(), read_timeout)) is not finished:
                await send(frame)
        except asyncio.TimeoutError:
            pass
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    return StreamingResponse(run)
