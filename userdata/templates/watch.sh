#!/bin/bash
# Watches for the end of this instance: lets running requests end, then lets Auto Scaling go on.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

# With the hook's whole time again: a large archive takes longer than what draining leaves.
last_backup() {
  aws autoscaling record-lifecycle-action-heartbeat --auto-scaling-group-name "$GROUP_NAME" \
    --lifecycle-hook-name "$TERMINATION_HOOK" --instance-id "$(imds instance-id)" || true
  systemctl stop llm-backup.timer llm-backup.service
  systemctl start llm-backup.service
}

# The load balancer sends nothing new by now. Three readings of 0 in a row, for a request that is on its way.
drain() {
  local deadline="$((SECONDS + DRAIN_SECONDS))" quiet=0 running
  log "this instance is to end; requests have $DRAIN_SECONDS s"
  while ((SECONDS < deadline && quiet < 3)); do
    running="$("$STACK/running")" || running="unknown"
    if [ "$running" = 0 ]; then quiet="$((quiet + 1))"; else quiet=0; fi
    if ((quiet < 3)); then sleep 5; fi
  done
  log "requests still running: ${running:-unknown}"
  if [ -x "$STACK/backup" ]; then last_backup || log "the last backup failed; a new instance starts from the one before"; fi
  retry 5 signal "$TERMINATION_HOOK" CONTINUE
}

state=""
notice=""
while true; do
  previous="$state"
  state="$(imds autoscaling/target-lifecycle-state)" || state="$previous"
  case "$state" in
    Terminated | Warmed:Terminated)
      drain
      exit 0
      ;;
    InService)
      # Out of a warm pool that keeps its instances running.
      case "$previous" in Warmed:*) systemctl start --no-block llm-ready.service ;; esac
      ;;
  esac
  # EC2 takes a Spot instance back two minutes after this. Unhealthy makes Auto Scaling take it off the load balancer now.
  if [ -z "$notice" ] && notice="$(imds spot/instance-action)"; then
    log "EC2 takes this Spot instance back: $notice"
    aws autoscaling set-instance-health --health-status Unhealthy --no-should-respect-grace-period \
      --instance-id "$(imds instance-id)" || log "Auto Scaling could not be told that this instance ends"
  fi
  sleep 5
done
