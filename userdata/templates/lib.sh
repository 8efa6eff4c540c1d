# Shared by this instance's scripts; sourced with ROOT set.
# shellcheck shell=bash disable=SC2034
STACK="$ROOT/opt/llm-stacks"
LOGS="$ROOT/var/log/llm-stacks"
# shellcheck source=/dev/null
. "$ROOT/etc/llm-stacks/settings"
export AWS_DEFAULT_REGION="$REGION" AWS_PAGER=""

log() {
  printf '%s %s: %s\n' "$(date --utc +%FT%TZ)" "${0##*/}" "$*" >&2
}

die() {
  FAILED="$*"
  log "ERROR: $*"
  exit 1
}

# retry TRIES COMMAND...: until it succeeds, waiting longer each time.
retry() {
  local tries="$1" try=1
  shift
  until "$@"; do
    ((try < tries)) || return 1
    log "try $try of $tries failed: $1 ${2-}"
    sleep "$((try * 5))"
    try="$((try + 1))"
  done
}

# imds PATH: an item of the instance metadata (IMDSv2); fails where there is none.
imds() {
  local token
  token="$(curl --silent --fail --max-time 5 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    http://169.254.169.254/latest/api/token)" || return 1
  curl --silent --fail --max-time 5 --header "X-aws-ec2-metadata-token: $token" \
    "http://169.254.169.254/latest/meta-data/$1"
}

# signal HOOK RESULT: tells Auto Scaling, and is content where nobody waits (a reboot, an instance of its own).
signal() {
  local id said
  id="$(retry 5 imds instance-id)" || {
    log "the instance metadata gives no instance id; Auto Scaling decides when the hook times out"
    return 1
  }
  if said="$(aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$GROUP_NAME" \
    --lifecycle-hook-name "$1" --lifecycle-action-result "$2" --instance-id "$id" 2>&1)"; then
    log "told Auto Scaling: $1 $2"
    return 0
  fi
  case "$said" in
    *"No active Lifecycle Action"*)
      log "no action of $1 is waiting"
      return 0
      ;;
  esac
  log "Auto Scaling did not take $2 for $1: $said"
  return 1
}

# parameter NAME: the value of an SSM parameter, on one line.
parameter() {
  local value
  value="$(retry 5 aws ssm get-parameter --name "$1" --with-decryption --query Parameter.Value --output text)" ||
    die "the SSM parameter $1 can't be read; does it exist, and may this instance's role read and decrypt it?"
  case "$value" in
    "" | *[![:print:]]*) die "the SSM parameter $1 is empty or has characters that don't print; give one line of text" ;;
  esac
  printf '%s' "$value"
}

# login_to_registry IMAGE: with this instance's role, where the image is in ECR. Other registries are asked without a login.
login_to_registry() {
  case "${1%%/*}" in
    *.dkr.ecr.*.amazonaws.com) aws ecr get-login-password | docker login --username AWS --password-stdin "${1%%/*}" ;;
  esac
}

# has_image IMAGE: whether exactly this image is on the machine.
has_image() {
  docker image inspect "$1" >/dev/null 2>&1
}
