#!/bin/bash
# Runs Open WebUI in the foreground; systemd restarts it.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

docker rm --force web-ui >/dev/null 2>&1 || true
exec docker run --rm --name web-ui --pull never --log-driver none --security-opt no-new-privileges \
  --publish "$WEB_UI_PORT:8080" --add-host host.docker.internal:host-gateway \
  --env-file "$ROOT/etc/llm-stacks/web-ui.env" --volume "$ROOT/var/lib/llm-stacks/web-ui:/app/backend/data" "$WEB_UI_IMAGE"
