"""What a user of each system asks for, one step after another."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import answers


@dataclass(frozen=True)
class Step:
    """One request: a row of the report."""

    name: str
    method: str
    path: str
    reader: Callable[[str], answers.Reader]
    # Builds the body from the model's name, the most tokens to generate and a prompt. None: no body.
    body: Callable[[str, int, str], dict] | None = None


_THINGS = ("a lighthouse", "a bicycle", "the tide", "a lemon tree", "a night train", "a chess clock", "rain", "a violin")
_PLACES = ("in Lisbon", "on a mountain", "in a small town", "by the sea", "in winter", "at noon", "long ago", "on Mars")


def prompt() -> str:
    """A question of about 20 tokens. Few are the same, so that a cache of prompts does not answer in the model's place."""
    number = random.randrange(10_000)
    return f"Note {number}: write two sentences about {random.choice(_THINGS)} {random.choice(_PLACES)}."


def _messages(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def _ollama(name: str, *, chat: bool, streams: bool) -> Step:
    def body(model: str, tokens: int, text: str) -> dict:
        asked = {"messages": _messages(text)} if chat else {"prompt": text}
        return {"model": model, **asked, "stream": streams, "options": {"num_predict": tokens}}

    path = "/api/chat" if chat else "/api/generate"
    reader = partial(answers.OllamaGeneration, chat=chat, streams=streams)
    return Step(name, "POST", path, reader, body)


def _completion(name: str, *, chat: bool, streams: bool) -> Step:
    def body(model: str, tokens: int, text: str) -> dict:
        asked = {"messages": _messages(text)} if chat else {"prompt": text}
        counted = {"stream_options": {"include_usage": True}} if streams else {}
        return {"model": model, **asked, "stream": streams, **counted, "max_tokens": tokens}

    path = "/v1/chat/completions" if chat else "/v1/completions"
    return Step(name, "POST", path, partial(answers.Completion, chat=chat, streams=streams), body)


SCENARIOS: dict[str, tuple[Step, ...]] = {
    "ollama": (
        _ollama("POST /api/generate, streamed", chat=False, streams=True),
        _ollama("POST /api/chat", chat=True, streams=False),
        Step("GET /api/tags", "GET", "/api/tags", answers.OllamaTags),
        _ollama("POST /api/chat, streamed", chat=True, streams=True),
        _ollama("POST /api/generate", chat=False, streams=False),
        Step("GET /", "GET", "/", answers.WebPage),
    ),
    "phi3": (
        _completion("POST /v1/chat/completions, streamed", chat=True, streams=True),
        _completion("POST /v1/completions", chat=False, streams=False),
        Step("GET /v1/models", "GET", "/v1/models", answers.ModelList),
        _completion("POST /v1/chat/completions", chat=True, streams=False),
        Step("GET /health", "GET", "/health", answers.Health),
    ),
}
