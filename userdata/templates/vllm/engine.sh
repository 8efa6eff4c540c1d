#!/bin/bash
# Runs vLLM in the foreground; systemd restarts it. On a bridge network the container can't reach the instance metadata
# where its hop limit is 1, so the instance's role is not the engine's.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

gpus="$(nvidia-smi --list-gpus | wc -l)"
docker rm --force vllm >/dev/null 2>&1 || true
exec docker run --rm --name vllm --pull never --log-driver none --gpus all --shm-size 8g \
  --security-opt no-new-privileges --publish "$PORT:$PORT" \
  --env-file "$ROOT/etc/llm-stacks/engine.env" --volume "$ROOT/var/lib/llm-stacks/model:/model:ro" \
  --entrypoint vllm "$IMAGE" serve /model --served-model-name "$SERVED_NAME" --host 0.0.0.0 --port "$PORT" \
  --tensor-parallel-size "$gpus" --max-model-len "$MAX_MODEL_LEN" --gpu-memory-utilization "$GPU_MEMORY_UTILIZATION" \
  --disable-uvicorn-access-log
