#!/bin/bash
# Runs the gateway in the foreground; systemd restarts it.
set -euo pipefail
ROOT="${ROOT:-}"
exec "$ROOT/snap/node/current/bin/node" --enable-source-maps "$ROOT/opt/llm-stacks/gateway.js"
