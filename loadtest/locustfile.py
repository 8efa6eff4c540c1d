"""The load test as Locust runs it. run.ts starts it; docs/load-testing.md says how to by hand.

LOADTEST_PLAN  what to ask whom, as JSON; see Plan. It holds the key, so it comes by the environment, which other users can't read.
"""

import itertools
import json
import os
import re
import time
from collections.abc import Iterator
from typing import TypedDict

import gevent
import locust
import requests
import urllib3
from locust import User, constant_pacing, events, task
from locust.env import Environment

import answers
from scenarios import SCENARIOS, Step, prompt


class Plan(TypedDict):
    system: str
    # Where requests go, without a path.
    baseUrl: str
    # Sent with every request. `Host` may differ from the URL's.
    headers: dict[str, str]
    model: str
    # Most tokens that a request generates.
    maxTokens: int
    # A user starts a request this long after the one before, or as soon as that has ended.
    pacingSeconds: float
    requestTimeoutSeconds: float
    durationSeconds: float
    # File that gets a line of JSON for every request.
    samples: str


plan: Plan = json.loads(os.environ["LOADTEST_PLAN"])
steps = SCENARIOS[plan["system"]]
_asked: set[str] = set()
# Users begin at different steps, so that a short run asks for everything as well.
_users = itertools.count()
_samples = open(plan["samples"], "w", encoding="utf-8", buffering=1)
_told = {"steps": [step.name for step in steps], "locust": locust.__version__}
_samples.write(f"{json.dumps(_told)}\n")

# What must not be in a report, should a server repeat what it was sent: the headers' values and the key after `Bearer`.
_secrets = sorted(
    {
        part.encode()
        for name, value in plan["headers"].items()
        if name.lower() not in ("host", "x-forwarded-proto")
        for part in (value, value.rpartition(" ")[2])
        if len(part) >= 8
    },
    key=len,
    reverse=True,
)


class Client(User):
    """Goes round the scenario's steps."""

    wait_time = constant_pacing(plan["pacingSeconds"])

    def on_start(self) -> None:
        first = next(_users) * 3 % len(steps)
        self.round = itertools.cycle(steps[first:] + steps[:first])
        self.session = requests.Session()
        # Otherwise a .netrc would take the key's place, and a proxy that of the server.
        self.session.trust_env = False
        self.session.headers.update({"Accept-Encoding": "identity", **plan["headers"]})

    def on_stop(self) -> None:
        self.session.close()

    @task
    def ask(self) -> None:
        step = next(self.round)
        _asked.add(step.name)
        sample = measure(self.session, step)
        _samples.write(f"{json.dumps(sample)}\n")
        tell_locust(self, step, sample)


class Sample(TypedDict):
    """One request. Times are milliseconds; what was not measured is None."""

    step: str
    # Since 1970.
    startedAt: float
    ms: float
    firstTokenMs: float | None
    promptTokens: int | None
    tokens: int | None
    # While generating, so without the prompt and without waiting.
    tokensPerSecond: float | None
    # Why the answer is no good.
    error: str | None


def measure(session: requests.Session, step: Step) -> Sample:
    sample: Sample = {
        "step": step.name,
        "startedAt": time.time() * 1000,
        "ms": 0,
        "firstTokenMs": None,
        "promptTokens": None,
        "tokens": None,
        "tokensPerSecond": None,
        "error": None,
    }
    start = time.perf_counter()
    limit = gevent.Timeout(plan["requestTimeoutSeconds"])
    try:
        with limit:
            _ask(session, step, sample, start)
    except gevent.Timeout as late:
        if late is not limit:
            raise
        sample["error"] = f"not finished after {plan['requestTimeoutSeconds']:g} s"
    except answers.BadAnswer as bad:
        sample["error"] = str(bad)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as lost:
        sample["error"] = f"no answer: {_reason(lost)}"
    sample["ms"] = (time.perf_counter() - start) * 1000
    return sample


def _ask(session: requests.Session, step: Step, sample: Sample, start: float) -> None:
    body = step.body and step.body(plan["model"], plan["maxTokens"], prompt())
    url = f"{plan['baseUrl']}{step.path}"
    reader = step.reader(plan["model"])
    first = last = None
    with session.request(step.method, url, json=body, stream=True, allow_redirects=False) as response:
        if response.status_code != 200:
            answers.require_status(response.status_code, _masked(response.raw.read(4096)))
        if reader.streams:
            for line, arrived in _lines(response.raw):
                if reader.feed(_masked(line)):
                    first, last = first or arrived, arrived
        else:
            reader.feed(_masked(response.raw.read()))
    generation = reader.end()
    if generation is None:
        return
    sample["promptTokens"], sample["tokens"] = generation.prompt_tokens, generation.tokens
    if first is not None:
        sample["firstTokenMs"] = (first - start) * 1000
    if generation.seconds is not None:
        sample["tokensPerSecond"] = generation.tokens / generation.seconds
    elif first is not None and last is not None and last > first and generation.tokens > 1:
        # The first token ended the wait, so the time from there on is that of the others.
        sample["tokensPerSecond"] = (generation.tokens - 1) / (last - first)


def _lines(raw: urllib3.HTTPResponse) -> Iterator[tuple[bytes, float]]:
    """Lines, each with the time when the bytes that end it came."""
    rest = b""
    arrived = time.perf_counter()
    while chunk := raw.read1(65_536):
        arrived = time.perf_counter()
        *whole, rest = (rest + chunk).split(b"\n")
        yield from ((line, arrived) for line in whole)
    if rest:
        yield rest, arrived


def _masked(data: bytes) -> bytes:
    for secret in _secrets:
        data = data.replace(secret, b"[secret]")
    return data


def _reason(error: BaseException) -> str:
    """The innermost cause, without the addresses of objects, so that equal reasons read the same."""
    while True:
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    return f"{type(error).__name__}: {re.sub(r'<[^>]* object at 0x[0-9a-f]+>(: )?', '', str(error))}"


def tell_locust(user: User, step: Step, sample: Sample) -> None:
    """Locust's own statistics: the request, the time to its first token, and the time that each token took."""
    name = step.name.removeprefix(f"{step.method} ")
    error = answers.BadAnswer(sample["error"]) if sample["error"] is not None else None
    fire = user.environment.events.request.fire
    fire(request_type=step.method, name=name, response_time=sample["ms"], response_length=0, exception=error, context={})
    if sample["firstTokenMs"] is not None:
        first = sample["firstTokenMs"]
        fire(request_type="first token", name=name, response_time=first, response_length=0, exception=None, context={})
    if sample["tokensPerSecond"] is not None:
        each = 1000 / sample["tokensPerSecond"]
        fire(request_type="each token", name=name, response_time=each, response_length=0, exception=None, context={})


@events.test_start.add_listener
def _end_in_time(environment: Environment, **_: object) -> None:
    gevent.spawn(_end, environment)


def _end(environment: Environment) -> None:
    """Ends the run when its time is up; on a slow system not before everything was asked once, or could have been."""
    gevent.sleep(plan["durationSeconds"])
    patience = time.monotonic() + plan["requestTimeoutSeconds"]
    while len(_asked) < len(steps) and time.monotonic() < patience:
        gevent.sleep(0.1)
    if environment.runner is not None:
        environment.runner.quit()


@events.user_error.add_listener
def _on_own_mistake(exception: BaseException, **_: object) -> None:
    """A mistake of this file must not pass for a request that was not made."""
    _samples.write(f"{json.dumps({'broken': f'{type(exception).__name__}: {exception}'})}\n")
