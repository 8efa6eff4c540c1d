#!/bin/bash
# Whether the engine is up and makes a token with the model.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

url="http://127.0.0.1:$PORT"
curl --silent --fail --max-time 5 --output /dev/null "$url/health"
key="$(sed --quiet 's/^VLLM_API_KEY=//p' "$ROOT/etc/llm-stacks/engine.env")"
body="$(jq --null-input --arg model "$SERVED_NAME" '{model: $model, prompt: "Hello", max_tokens: 1}')"
# The key goes in by a pipe, because everyone may read the list of processes.
printf 'Authorization: Bearer %s\n' "$key" |
  curl --silent --fail --max-time 60 --header @- --header 'Content-Type: application/json' --data "$body" "$url/v1/completions" |
  jq --exit-status '.choices | length > 0' >/dev/null
