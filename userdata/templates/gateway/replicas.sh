#!/bin/bash
# Gives the engines that serve the names replica-1, replica-2 and so on, in /etc/hosts. All gateways must come to the same names,
# for they share circuits by name and send prompts with the same beginning to the same engine: an engine's name follows from its
# id, and where two want the same, the one that was launched later takes the next that is free. A name without an engine leads to
# this machine, where nothing listens: who calls it is refused at once. What AWS does not tell changes nothing.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

hosts="$ROOT/etc/hosts"
leaving="$ROOT/var/lib/llm-stacks/leaving"
mark="# llm-stacks replica"

# Launch time, id and address of each, the oldest first.
serving() {
  local ids
  ids="$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names "$FLEET_GROUP" --output text \
    --query "AutoScalingGroups[].Instances[?LifecycleState=='InService'].InstanceId")" || return 1
  if [ -z "$ids" ]; then return 0; fi
  # shellcheck disable=SC2086
  aws ec2 describe-instances --instance-ids $ids --output text \
    --query 'Reservations[].Instances[].[LaunchTime, InstanceId, PrivateIpAddress]' | sort
}

found="$(serving)" || {
  log "AWS does not tell which engines of $FLEET_GROUP serve; their names stay as they are"
  exit 0
}

declare -A address_of=()
while read -r _ id address; do
  if [ -z "$address" ]; then continue; fi
  wanted="$(cksum <<<"$id" | cut --delimiter=' ' --fields=1)"
  for ((tried = 0; tried < REPLICA_NAMES; tried++)); do
    name="replica-$(((wanted + tried) % REPLICA_NAMES + 1))"
    if [ -n "${address_of["$name"]:-}" ]; then continue; fi
    address_of["$name"]="$address"
    break
  done
  if ((tried == REPLICA_NAMES)); then log "$address gets no name: all $REPLICA_NAMES are taken"; fi
done <<<"$found"

# The gateway opens the circuit of a name that is in here: connections that it still has lead to an engine that is about to end.
left=""
while read -r address name; do
  if [ "$address" = 127.0.0.1 ] || [ "${address_of["$name"]:-}" = "$address" ]; then continue; fi
  left+="$(date --utc +%FT%TZ) $name $address"$'\n'
  log "$name was $address, which serves no more"
done < <(sed --quiet "s/^\([0-9.]*\) \(replica-[0-9]*\) $mark\$/\1 \2/p" "$hosts")
if [ -n "$left" ]; then
  new="$(mktemp "$leaving.XXXXXX")"
  { tail --lines=100 "$leaving" 2>/dev/null || true; printf '%s' "$left"; } >"$new"
  chmod 0644 "$new"
  mv "$new" "$leaving"
fi

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
