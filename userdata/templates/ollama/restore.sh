#!/bin/bash
# Gives a new instance what Open WebUI held on the one before: uploads and, where no database outside holds the rest, its archive.
# An instance that has data keeps it.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

data="$ROOT/var/lib/llm-stacks/web-ui"
if [ -f "$data/restored" ]; then
  log "Open WebUI's data is here already"
  exit 0
fi
mkdir --parents "$data/uploads"
retry 3 aws s3 sync --only-show-errors "s3://$BACKUP_BUCKET/uploads" "$data/uploads"

if [ -z "$DATABASE_URL_PARAMETER" ]; then
  item="$(retry 5 aws dynamodb get-item --consistent-read --table-name "$BACKUP_TABLE" --key '{"id":{"S":"web-ui"}}' --output json)"
  version="$(jq --raw-output '.Item.objectVersion.S // empty' <<<"$item")"
  if [ -n "$version" ]; then
    archive="$ROOT/var/lib/llm-stacks/web-ui.tar.gz"
    retry 3 aws s3api get-object --bucket "$BACKUP_BUCKET" --key web-ui/data.tar.gz --version-id "$version" "$archive"
    printf '%s  %s\n' "$(jq --raw-output .Item.archiveSha256.S <<<"$item")" "$archive" | sha256sum --check --status ||
      die "version $version of s3://$BACKUP_BUCKET/web-ui/data.tar.gz is not what the table $BACKUP_TABLE says"
    tar --extract --gzip --file "$archive" --directory "$data"
    rm --force "$archive"
    log "restored Open WebUI's data of $(jq --raw-output .Item.savedAt.S <<<"$item")"
  else
    log "no backup of Open WebUI's data; it starts empty"
  fi
fi
touch "$data/restored"
