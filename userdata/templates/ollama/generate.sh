#!/bin/bash
# Makes one token and prints Ollama's answer with its times.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

body="$(jq --null-input --arg model "$MODEL" '{model: $model, prompt: "Hello", stream: false, options: {num_predict: 1}}')"
curl --silent --fail --max-time 300 --header 'Content-Type: application/json' --data "$body" "http://127.0.0.1:$PORT/api/generate"
