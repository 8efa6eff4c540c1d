#!/bin/bash
# Has Auto Scaling replace this instance: systemd has given the engine up.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

id="$(retry 5 imds instance-id)" || die "the instance metadata gives no instance id; Auto Scaling can't be told"
log "the engine ended again and again; Auto Scaling is asked for another instance"
retry 5 aws autoscaling set-instance-health --health-status Unhealthy --no-should-respect-grace-period --instance-id "$id"
