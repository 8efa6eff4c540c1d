#!/bin/bash
# Ollama from the release archive, where there is no snap of it.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

export OLLAMA_HOST="0.0.0.0:$PORT" OLLAMA_KEEP_ALIVE=-1 OLLAMA_NO_CLOUD=1
# Who may call is the load balancer's to say; Ollama would refuse pages of the distribution itself.
export OLLAMA_ORIGINS="*" OLLAMA_CONTEXT_LENGTH="$CONTEXT_TOKENS" OLLAMA_NUM_PARALLEL="$PARALLEL_REQUESTS"
exec "$ROOT/opt/ollama-$ARCHIVE_VERSION/bin/ollama" serve
