#!/bin/bash
# Whether the gateway says that it can work.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$PORT$HEALTH_PATH"
