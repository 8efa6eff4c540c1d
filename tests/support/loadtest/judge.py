"""Says what the load test thinks of answers: one as JSON on a line in, the verdict on a line out."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "loadtest"))

import answers
from scenarios import SCENARIOS


def judge(case: dict) -> dict:
    step = next(step for step in SCENARIOS[case["system"]] if step.name == case["step"])
    body = case["body"].encode("utf-8", "surrogatepass")
    try:
        answers.require_status(case["status"], body)
        reader = step.reader(case["model"])
        spoke = [reader.feed(piece) for piece in (body.split(b"\n") if reader.streams else [body])]
        generation = reader.end()
    except answers.BadAnswer as bad:
        return {"error": str(bad)}
    counts = generation and {"promptTokens": generation.prompt_tokens, "tokens": generation.tokens, "seconds": generation.seconds}
    return {"error": None, "spoke": any(spoke), "generation": counts}


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))), flush=True)
