#!/bin/bash
# Gives the engines that serve the names replica-1, replica-2 and so on, in /etc/hosts. An engine keeps its name for as long as it
# serves, so that prompts with the same beginning find the engine that has it in its cache. A name without an engine leads to
# this machine, where nothing listens: who calls it is refused at once. What AWS does not tell changes nothing.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

hosts="$ROOT/etc/hosts"
mark="# llm-stacks replica"

serving() {
  local ids
  ids="$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names "$FLEET_GROUP" --output text \
    --query "AutoScalingGroups[].Instances[?LifecycleState=='InService'].InstanceId")" || return 1
  if [ -z "$ids" ]; then return 0; fi
  # shellcheck disable=SC2086
  aws ec2 describe-instances --instance-ids $ids --output text --query 'Reservations[].Instances[].PrivateIpAddress'
}

found="$(serving)" || {
  log "AWS does not tell which engines of $FLEET_GROUP serve; their names stay as they are"
  exit 0
}
declare -A name_of=() address_of=()
while read -r address name; do
  case " ${found//$'\t'/ } " in
    *[[:space:]]"$address"[[:space:]]*)
      name_of["$address"]="$name"
      address_of["$name"]="$address"
      ;;
  esac
done < <(sed --quiet "s/^\([0-9.]*\) \(replica-[0-9]*\) $mark\$/\1 \2/p" "$hosts")

for address in $found; do
  if [ -n "${name_of["$address"]:-}" ]; then continue; fi
  for ((slot = 1; slot <= REPLICA_NAMES; slot++)); do
    if [ -n "${address_of["replica-$slot"]:-}" ]; then continue; fi
    name_of["$address"]="replica-$slot"
    address_of["replica-$slot"]="$address"
    log "replica-$slot is $address"
    break
  done
  if [ -z "${name_of["$address"]:-}" ]; then log "$address gets no name: all $REPLICA_NAMES are taken"; fi
done

new="$(mktemp "$hosts.XXXXXX")"
{
  grep --invert-match --fixed-strings "$mark" "$hosts" || true
  for ((slot = 1; slot <= REPLICA_NAMES; slot++)); do
    printf '%s replica-%s %s\n' "${address_of["replica-$slot"]:-127.0.0.1}" "$slot" "$mark"
  done
} >"$new"
if cmp --silent "$new" "$hosts"; then
  rm --force "$new"
else
  chmod 0644 "$new"
  # In one step: who looks a name up meanwhile finds the old file or the new one.
  mv "$new" "$hosts"
fi
