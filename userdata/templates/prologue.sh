set -Eeuo pipefail
umask 022
# So that `... | put` notes its change in this shell.
shopt -s lastpipe
# Empty on an instance. Another folder stands in for / where the script is tried out.
ROOT="${ROOT:-}"
CHANGED=""

# put PATH MODE: makes PATH hold what comes in, and notes the path in CHANGED if it did not yet.
put() {
  local path="$ROOT$1" new
  new="$(mktemp)"
  cat >"$new"
  if [ -f "$path" ] && cmp --silent "$new" "$path" && [ "$(stat --format=%a "$path")" = "${2#0}" ]; then
    rm --force "$new"
    return
  fi
  install -D --mode="$2" "$new" "$path"
  rm --force "$new"
  CHANGED="$CHANGED $1 "
}

# changed PATH...: whether this run has written one of them.
changed() {
  local path
  for path in "$@"; do
    case "$CHANGED" in *" $path "*) return 0 ;; esac
  done
  return 1
}
