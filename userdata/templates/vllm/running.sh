#!/bin/bash
# How many requests the engine runs or keeps waiting. An engine that does not answer runs none.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

metrics="$(curl --silent --fail --max-time 5 "http://127.0.0.1:$PORT/metrics")" || {
  echo 0
  exit 0
}
awk '/^vllm:num_requests_(running|waiting)[{ ]/ { sum += $NF } END { printf "%d\n", sum }' <<<"$metrics"
