#!/bin/bash
# Waits until the engine really answers, then lets Auto Scaling put the instance to work. Runs at every start, because an
# instance of a warm pool starts a second time with a launch hook waiting, and its user data does not run again.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

abandon() {
  log "ERROR: $*"
  # Auto Scaling ends the instance as soon as it hears; the agent sends its lines every 5 s.
  sleep 15
  signal "$LAUNCH_HOOK" ABANDON || true
  exit 1
}

deadline="$((SECONDS + HEALTH_TIMEOUT_SECONDS))"
until "$STACK/health"; do
  for unit in $ENGINE_UNITS; do
    if systemctl is-failed --quiet "$unit"; then
      abandon "$unit has failed; see its lines in $LOGS and journalctl --unit $unit"
    fi
  done
  ((SECONDS < deadline)) || abandon "the engine was not healthy within $HEALTH_TIMEOUT_SECONDS s; see $LOGS"
  sleep 5
done
log "the engine answers after $SECONDS s"
signal "$LAUNCH_HOOK" CONTINUE
