"""Speech and images as text, with OpenAI's two APIs: /v1/audio/transcriptions and /v1/chat/completions with one image.

Speech is Whisper base on CTranslate2 (faster-whisper), images are Tesseract. Both are loaded at the first request that needs them, and one
request is worked on at a time: the machine has 1 GiB of memory.
"""

import asyncio
import base64
import binascii
import json
import os
import re
import sys
import tempfile
import time
import uuid

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

WHISPER_FOLDER = os.environ.get("WHISPER_FOLDER", "/models/whisper-base")
WHISPER_MODEL = os.environ.get("ASR_MODEL", "whisper-base")
OCR_MODEL = os.environ.get("OCR_MODEL", "dots_ocr")
OCR_LANGUAGES = os.environ.get("OCR_LANGUAGES", "eng")
# Empty: Whisper finds out by itself, which takes one more pass over the first 30 s.
SPEECH_LANGUAGE = os.environ.get("SPEECH_LANGUAGE", "")
UPLOAD_LIMIT_BYTES = int(os.environ.get("UPLOAD_LIMIT_BYTES", "26214400"))
THREADS = int(os.environ.get("THREADS", "1"))
# Where set, images go to another server with the same API, such as one that runs dots.ocr.
OCR_BASE_URL = os.environ.get("OCR_BASE_URL", "").rstrip("/")
TESSERACT_SECONDS = 120

turn = asyncio.Lock()
whisper = None


def say(level: str, message: str, **fields) -> None:
    """A line of the log. Nothing that was said or written goes into it."""
    print(json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": level, "message": message, **fields}), flush=True)


def load_whisper():
    """The speech model, read from the folder at the first call."""
    global whisper
    if whisper is None:
        from faster_whisper import WhisperModel

        start = time.monotonic()
        whisper = WhisperModel(WHISPER_FOLDER, device="cpu", compute_type="int8", cpu_threads=THREADS, num_workers=1, local_files_only=True)
        say("info", "the speech model is loaded", seconds=round(time.monotonic() - start, 2))
    return whisper


def transcribe(path: str, language: str) -> dict:
    segments, info = load_whisper().transcribe(path, language=language or None, beam_size=1, condition_on_previous_text=False)
    text = "".join(segment.text for segment in segments).strip()
    return {"text": text, "language": info.language, "duration": info.duration}


async def tesseract(image: bytes) -> str:
    """Text of an image. Tesseract is a program of its own, so its memory is free again afterwards."""
    process = await asyncio.create_subprocess_exec(
        "tesseract", "stdin", "stdout", "-l", OCR_LANGUAGES, "--psm", "3",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "OMP_THREAD_LIMIT": str(THREADS)},
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(image), TESSERACT_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        raise HTTPException(504, f"the image took longer than {TESSERACT_SECONDS} s") from None
    if process.returncode != 0:
        raise HTTPException(400, "the image can't be read: expected PNG, JPEG, WebP or TIFF")
    return re.sub(r"\n{3,}", "\n\n", output.decode("utf-8", "replace")).strip()


async def transcriptions(request: Request) -> JSONResponse:
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise HTTPException(400, "file is missing: expected a recording in a form")
        if file.size is not None and file.size > UPLOAD_LIMIT_BYTES:
            raise HTTPException(413, f"the recording is larger than {UPLOAD_LIMIT_BYTES} bytes")
        model = form.get("model", WHISPER_MODEL)
        if model != WHISPER_MODEL:
            raise HTTPException(404, f"there is no speech model {model!r} here; expected {WHISPER_MODEL}")
        language = form.get("language", SPEECH_LANGUAGE)
        with tempfile.NamedTemporaryFile() as copy:
            while chunk := await file.read(1 << 20):
                copy.write(chunk)
            copy.flush()
            async with turn:
                start = time.monotonic()
                try:
                    result = await run_in_threadpool(transcribe, copy.name, str(language))
                except (ValueError, IndexError, OSError) as error:
                    say("error", "a recording could not be transcribed", error=type(error).__name__)
                    raise HTTPException(400, "the recording can't be decoded: expected WAV, MP3, MP4, OGG, WebM or FLAC") from None
                except Exception as error:
                    # PyAV's errors have no common base of Python's own.
                    if type(error).__module__.split(".")[0] == "av":
                        raise HTTPException(400, "the recording can't be decoded: expected WAV, MP3, MP4, OGG, WebM or FLAC") from None
                    raise
    say("info", "transcribed", seconds=round(time.monotonic() - start, 2), audioSeconds=round(result["duration"], 1))
    if form.get("response_format") == "verbose_json":
        return JSONResponse({"task": "transcribe", **result})
    return JSONResponse({"text": result["text"]})


def image_of(body: object) -> bytes:
    """The one image of a chat, which has to be in it as a data URL: this server fetches nothing."""
    try:
        parts = [part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]]
        urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    except (TypeError, KeyError):
        raise HTTPException(400, "messages must be those of a chat with image_url parts") from None
    if len(urls) != 1:
        raise HTTPException(400, f"expected one image_url, found {len(urls)}")
    found = re.fullmatch(r"data:image/[a-z.+-]+;base64,([A-Za-z0-9+/=\s]+)", urls[0])
    if not found:
        raise HTTPException(400, "image_url must be data:image/...;base64,...: images are not fetched from elsewhere")
    try:
        image = base64.b64decode(found.group(1), validate=False)
    except binascii.Error:
        raise HTTPException(400, "image_url is no base64") from None
    if len(image) > UPLOAD_LIMIT_BYTES:
        raise HTTPException(413, f"the image is larger than {UPLOAD_LIMIT_BYTES} bytes")
    return image


async def chat(request: Request) -> JSONResponse:
    try:
        body = await request.json()
    except ValueError:
        raise HTTPException(400, "the body is no JSON") from None
    image = image_of(body)
    model = body.get("model", OCR_MODEL)
    if model != OCR_MODEL:
        raise HTTPException(404, f"there is no image model {model!r} here; expected {OCR_MODEL}")
    start = time.monotonic()
    async with turn:
        text = await tesseract(image)
    say("info", "read an image", seconds=round(time.monotonic() - start, 2), imageBytes=len(image))
    return JSONResponse({
        "id": f"chatcmpl-{uuid.uuid4()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    })


async def forward_chat(request: Request) -> JSONResponse:
    """Passes a chat with an image on to the server of OCR_BASE_URL."""
    import urllib.error
    import urllib.request

    def send(body: bytes) -> tuple[int, bytes]:
        question = urllib.request.Request(f"{OCR_BASE_URL}/chat/completions", body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(question, timeout=TESSERACT_SECONDS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            raise HTTPException(502, "the image model's server can't be reached") from None

    status, answer = await run_in_threadpool(send, await request.body())
    return JSONResponse(json.loads(answer), status)


async def models(_: Request) -> JSONResponse:
    return JSONResponse({"object": "list", "data": [{"id": name, "object": "model", "owned_by": "afirgen"} for name in (WHISPER_MODEL, OCR_MODEL)]})


async def health(_: Request) -> JSONResponse:
    missing = [name for name in ("model.bin", "config.json", "tokenizer.json") if not os.path.exists(os.path.join(WHISPER_FOLDER, name))]
    if missing:
        return JSONResponse({"status": "no model", "folder": WHISPER_FOLDER, "missing": missing}, 503)
    return JSONResponse({"status": "ok", "loaded": whisper is not None})


async def refused(_: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse({"error": {"message": error.detail, "type": "invalid_request_error", "code": None}}, error.status_code)


async def failed(_: Request, error: Exception) -> JSONResponse:
    say("error", "unexpected failure", error=type(error).__name__)
    return JSONResponse({"error": {"message": "the server failed unexpectedly", "type": "server_error", "code": None}}, 500)


app = Starlette(
    routes=[
        Route("/v1/audio/transcriptions", transcriptions, methods=["POST"]),
        Route("/v1/chat/completions", forward_chat if OCR_BASE_URL else chat, methods=["POST"]),
        Route("/v1/models", models),
        Route("/health", health),
    ],
    exception_handlers={HTTPException: refused, Exception: failed},
)


def main() -> None:
    import uvicorn

    if os.environ.get("MAX_WORKERS", "1") != "1":
        sys.exit("MAX_WORKERS must be 1: each worker would load the model again")
    uvicorn.run(app, host=os.environ.get("HOST", "0.0.0.0"), port=int(os.environ.get("PORT", "8001")), workers=1, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
