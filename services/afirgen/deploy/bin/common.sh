# Sourced by the other scripts: where things are, and how they tell what happens.
# shellcheck shell=sh disable=SC2034
set -eu
umask 022

root=${AFIRGEN_ROOT:-/opt/afirgen}
etc=${AFIRGEN_ETC:-/etc/afirgen}
logs=${AFIRGEN_LOGS:-/var/log/afirgen}
state=${AFIRGEN_STATE:-/var/lib/afirgen}
# Before what lies outside of AFIRGen's own folders; for a try-out.
system=${AFIRGEN_SYSTEM:-}
compose_file="$root/docker-compose.free-tier.yml"

say() {
  printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(basename "$0")" "$*"
}

die() {
  say "$*" >&2
  exit 1
}

# Names of bucket, parameters and so on: written when the machine was made.
read_deployment() {
  [ -r "$etc/deployment.env" ] || die "$etc/deployment.env is missing; expected the file that the machine's first start writes"
  # shellcheck source=/dev/null
  . "$etc/deployment.env"
  export AWS_DEFAULT_REGION="${AWS_REGION:?is missing in deployment.env}"
}

# A value of .env, or nothing. The file is Docker's: it is not run.
env_value() {
  [ -r "$etc/.env" ] || return 0
  sed -n "s/^$1='\(.*\)'\$/\1/p" "$etc/.env" | tail -n 1
}

compose() {
  docker compose --file "$compose_file" "$@"
}
