#!/bin/bash
# Brings the application to the release that the stack names: at the boot, and every few minutes after it. Does nothing where that release runs already.
# The archive's name is its checksum. What the application keeps beside it (models, sessions, .env) stays.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

APPLICATION="$ROOT/opt/afirgen"
STATE="$ROOT/var/lib/llm-stacks"
export PATH="$PATH:/snap/bin"

main() {
  local key sha256 archive
  mkdir --parents "$STATE"
  exec 9>"$STATE/release.lock"
  flock --wait 600 9 || die "another run of this script has not ended for ten minutes"
  key="$(parameter "$RELEASE_PARAMETER" | jq --exit-status --raw-output .key)" ||
    die "the SSM parameter $RELEASE_PARAMETER names no release"
  if [ -f "$STATE/release" ] && [ "$(cat "$STATE/release")" = "$key" ]; then return; fi
  sha256="${key##*/}"
  sha256="${sha256%.tar.gz}"
  log "installing $key"
  archive="$STATE/release.tar.gz"
  retry 5 aws s3 cp --only-show-errors "s3://$RELEASE_BUCKET/$key" "$archive" ||
    die "s3://$RELEASE_BUCKET/$key can't be read; does it exist, and may this machine's role read it?"
  printf '%s  %s\n' "$sha256" "$archive" | sha256sum --check --status ||
    die "s3://$RELEASE_BUCKET/$key is not the file that its name says by checksum"
  mkdir --parents "$APPLICATION"
  # In place: containers have files and folders of it mounted, and would keep those that are moved away.
  tar --extract --gzip --overwrite --no-same-owner --file "$archive" --directory "$APPLICATION"
  rm --force "$archive"
  "$APPLICATION/bin/install.sh" || die "$APPLICATION/bin/install.sh failed; it is tried again at the next run"
  printf '%s\n' "$key" >"$STATE/release"
  log "installed $key"
}

main
