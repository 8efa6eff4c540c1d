#!/bin/bash
# Whether Ollama makes a token with the model, and Open WebUI answers.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

"$STACK/generate" | jq --exit-status '.done' >/dev/null
curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$WEB_UI_PORT/health"
