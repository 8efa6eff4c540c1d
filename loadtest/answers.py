"""What a good answer of an inference server is, endpoint by endpoint.

A reader is fed an answer's body line by line as it arrives, so that the moment of the first token can be told, and says at the end what
was generated. A bad answer raises BadAnswer with the reason. Nothing here needs more than Python itself.
"""

import json
from dataclasses import dataclass


class BadAnswer(Exception):
    """An answer is not what its endpoint promises; the message says why."""


@dataclass(frozen=True)
class Generation:
    """What a model generated for one request."""

    prompt_tokens: int
    tokens: int
    # Seconds that the server itself counted for the tokens; None where its API does not tell.
    seconds: float | None


def require_status(status: int, start_of_body: bytes) -> None:
    """200 and nothing else: a redirect or an empty success is no answer of a model either."""
    if status == 200:
        return
    said = " ".join(start_of_body.decode("utf-8", "replace").split())[:120]
    raise BadAnswer(f"status {status}" + (f": {said}" if said else ""))


class Reader:
    """Reads one answer. Each has one."""

    # Whether the body is worth reading line by line.
    streams = False

    def __init__(self, model: str) -> None:
        self.model = model

    def feed(self, line: bytes) -> bool:
        """Takes the next line, without its end; without `streams`, the whole body. True if it brought text of the model."""
        raise NotImplementedError

    def end(self) -> Generation | None:
        """To be called after the last line. None where nothing is generated."""
        raise NotImplementedError


class OllamaGeneration(Reader):
    """POST /api/generate and /api/chat, which end in an object with `done` and the counts.

    https://github.com/ollama/ollama/blob/main/docs/api.md
    """

    def __init__(self, model: str, *, chat: bool, streams: bool) -> None:
        super().__init__(model)
        self.chat = chat
        self.streams = streams
        self.spoke = False
        self.last: dict | None = None

    def feed(self, line: bytes) -> bool:
        if self.streams and not line.strip():
            return False
        value = parse_object(line)
        if self.last is not None:
            raise BadAnswer("more came after done")
        if "error" in value:
            raise BadAnswer(f"error: {short(value['error'])}")
        same(value, "model", self.model)
        text = self._text(value)
        self.spoke = self.spoke or text.strip() != ""
        done = value.get("done")
        if not isinstance(done, bool):
            raise BadAnswer(f"done is {short(done)}, expected true or false")
        if done:
            self.last = value
        return text != ""

    def _text(self, value: dict) -> str:
        said = value
        if self.chat:
            said = value.get("message")
            if not isinstance(said, dict):
                raise BadAnswer(f"message is {short(said)}, expected an object")
            same(said, "role", "assistant", "message.role")
        text = string(said, "content" if self.chat else "response")
        # What a reasoning model says to itself counts: the tokens may end before it comes to the point.
        return text or string(said, "thinking", "")

    def end(self) -> Generation:
        if self.last is None:
            raise BadAnswer("ended without done: true")
        if not self.spoke:
            raise BadAnswer("the model said nothing but blanks")
        one_of(self.last, "done_reason", ("stop", "length"))
        tokens = positive(self.last, "eval_count")
        nanoseconds = positive(self.last, "eval_duration")
        if positive(self.last, "total_duration") < nanoseconds:
            raise BadAnswer("total_duration is less than eval_duration")
        # Left out where the prompt was still in the server's cache.
        prompt = positive(self.last, "prompt_eval_count") if "prompt_eval_count" in self.last else 0
        return Generation(prompt, tokens, nanoseconds / 1e9)


class OllamaTags(Reader):
    """GET /api/tags: the models that the server has, the one under test among them."""

    def feed(self, line: bytes) -> bool:
        models = entries(parse_object(line), "models")
        names = [string(one, "name") for one in models]
        # A name without a tag means the tag `latest`.
        if self.model not in names and f"{self.model}:latest" not in names:
            raise BadAnswer(f"the model {self.model} is not among {short(names)}")
        return False

    def end(self) -> None:
        return None


class WebPage(Reader):
    """GET /: Open WebUI's page, or the line that Ollama itself says there."""

    def feed(self, line: bytes) -> bool:
        text = line.decode("utf-8", "replace").strip()
        page = text[:200].lower()
        if text != "Ollama is running" and not page.startswith(("<!doctype html", "<html")):
            raise BadAnswer(f"neither a page nor Ollama's greeting: {short(text)}")
        return False

    def end(self) -> None:
        return None


class Completion(Reader):
    """POST /v1/chat/completions and /v1/completions, streamed as server-sent events or whole.

    https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    """

    def __init__(self, model: str, *, chat: bool, streams: bool) -> None:
        super().__init__(model)
        self.chat = chat
        self.streams = streams
        self.object = ("chat.completion.chunk" if streams else "chat.completion") if chat else "text_completion"
        self.spoke = False
        self.finish: object = None
        self.usage: dict | None = None
        self.done = False

    def feed(self, line: bytes) -> bool:
        if not self.streams:
            self.done = True
            return self._object(parse_object(line))
        # Blank lines part the events, and a colon begins a comment.
        if not line.strip() or line.startswith(b":"):
            return False
        if not line.startswith(b"data:"):
            raise BadAnswer(f"no event: {short(line.decode('utf-8', 'replace'))}")
        if self.done:
            raise BadAnswer("more came after [DONE]")
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            self.done = True
            return False
        return self._object(parse_object(data))

    def _object(self, value: dict) -> bool:
        if "error" in value:
            raise BadAnswer(f"error: {short(value['error'])}")
        same(value, "object", self.object)
        same(value, "model", self.model)
        usage = value.get("usage")
        if usage is not None and not isinstance(usage, dict):
            raise BadAnswer(f"usage is {short(usage)}, expected an object")
        self.usage = usage or self.usage
        choices = entries(value, "choices")
        # The event with the counts has no choice.
        if not choices and self.streams and usage:
            return False
        if len(choices) != 1:
            raise BadAnswer(f"{len(choices)} choices, expected 1")
        text = self._text(choices[0])
        self.finish = choices[0].get("finish_reason") or self.finish
        self.spoke = self.spoke or text.strip() != ""
        return text != ""

    def _text(self, choice: dict) -> str:
        if not self.chat:
            return string(choice, "text")
        name = "delta" if self.streams else "message"
        said = choice.get(name)
        if not isinstance(said, dict):
            raise BadAnswer(f"{name} is {short(said)}, expected an object")
        if "role" in said or not self.streams:
            same(said, "role", "assistant", f"{name}.role")
        # The first event names the role only, and the last one the end.
        if self.streams and said.get("content") is None:
            return ""
        return string(said, "content")

    def end(self) -> Generation:
        if not self.done:
            raise BadAnswer("ended without [DONE]")
        if not self.spoke:
            raise BadAnswer("the model said nothing but blanks")
        if self.finish not in ("stop", "length"):
            raise BadAnswer(f"finish_reason is {short(self.finish)}, expected stop or length")
        if self.usage is None:
            raise BadAnswer("no usage")
        prompt = positive(self.usage, "prompt_tokens", "usage.")
        tokens = positive(self.usage, "completion_tokens", "usage.")
        if positive(self.usage, "total_tokens", "usage.") != prompt + tokens:
            raise BadAnswer("usage.total_tokens is not the sum of the others")
        return Generation(prompt, tokens, None)


class ModelList(Reader):
    """GET /v1/models: the model under test among those that are served."""

    def feed(self, line: bytes) -> bool:
        value = parse_object(line)
        same(value, "object", "list")
        names = [string(one, "id") for one in entries(value, "data")]
        if self.model not in names:
            raise BadAnswer(f"the model {self.model} is not among {short(names)}")
        return False

    def end(self) -> None:
        return None


class Health(Reader):
    """GET /health: the status says it all."""

    def feed(self, line: bytes) -> bool:
        return False

    def end(self) -> None:
        return None


def parse_object(text: bytes) -> dict:
    try:
        value = json.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadAnswer(f"no JSON: {short(text.decode('utf-8', 'replace'))}") from None
    if not isinstance(value, dict):
        raise BadAnswer(f"{short(value)} is no JSON object")
    return value


def same(value: dict, key: str, expected: str, label: str | None = None) -> None:
    found = value.get(key)
    if found != expected:
        raise BadAnswer(f"{label or key} is {short(found)}, expected {expected}")


def one_of(value: dict, key: str, expected: tuple[str, ...]) -> None:
    found = value.get(key)
    if found not in expected:
        raise BadAnswer(f"{key} is {short(found)}, expected {' or '.join(expected)}")


def string(value: dict, key: str, default: str | None = None) -> str:
    found = value.get(key, default)
    if not isinstance(found, str):
        raise BadAnswer(f"{key} is {short(found)}, expected a text")
    return found


def positive(value: dict, key: str, within: str = "") -> int:
    found = value.get(key)
    # A bool is an int in Python.
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise BadAnswer(f"{within}{key} is {short(found)}, expected a whole number above 0")
    return found


def entries(value: dict, key: str) -> list[dict]:
    found = value.get(key)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadAnswer(f"{key} is {short(found)}, expected a list of objects")
    return found


def short(value: object) -> str:
    text = " ".join((value if isinstance(value, str) else json.dumps(value, default=str)).split())
    return text if len(text) <= 120 else f"{text[:117]}..."
