#!/bin/bash
# Brings Open WebUI's data to the bucket: uploads as they are and, where no database outside holds the rest, an archive of it.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

data="$ROOT/var/lib/llm-stacks/web-ui"
saved="$ROOT/var/lib/llm-stacks/web-ui.saved"
work="$(mktemp --directory)"

finish() {
  local status="$?" failures=0
  if ((status != 0)); then
    failures=1
    log "ERROR: Open WebUI's data did not get to the bucket"
  fi
  rm --recursive --force "$work"
  aws cloudwatch put-metric-data --namespace "$METRICS_NAMESPACE" --metric-data "$(jq --null-input --compact-output \
    --arg group "$GROUP_NAME" --argjson value "$failures" \
    '[{MetricName: "BackupFailures", Dimensions: [{Name: "AutoScalingGroupName", Value: $group}], Unit: "Count", Value: $value}]')" || true
}
trap finish EXIT

# copy_database FROM TO: a consistent copy of a SQLite file that is in use.
copy_database() {
  sqlite3 "$1" ".timeout 30000" ".backup '$2'"
}

copy_data() {
  mkdir --parents "$work/data/vector_db"
  copy_database "$data/webui.db" "$work/data/webui.db"
  if [ -d "$data/vector_db" ]; then cp --recursive "$data/vector_db" "$work/data/"; fi
  if [ -f "$data/vector_db/chroma.sqlite3" ]; then
    rm --force "$work/data/vector_db/chroma.sqlite3"*
    copy_database "$data/vector_db/chroma.sqlite3" "$work/data/vector_db/chroma.sqlite3"
  fi
}

# The archive counts once the table says so, and the table takes it of the instance that serves alone: one that is being
# replaced would else undo what its successor wrote.
save_archive() {
  local content version sum values said
  content="$(cd "$work/data" && find . -type f -exec sha256sum {} + | sort | sha256sum)"
  if [ -f "$saved" ] && [ "$(cat "$saved")" = "$content" ]; then return; fi
  tar --create --gzip --file "$work/data.tar.gz" --directory "$work/data" .
  sum="$(sha256sum <"$work/data.tar.gz")"
  version="$(aws s3api put-object --bucket "$BACKUP_BUCKET" --key web-ui/data.tar.gz --body "$work/data.tar.gz" --query VersionId --output text)"
  values="$(jq --null-input --compact-output --arg me "$(retry 5 imds instance-id)" --arg version "$version" --arg sum "${sum%% *}" \
    --arg now "$(date --utc +%FT%TZ)" '{":me": {S: $me}, ":version": {S: $version}, ":sum": {S: $sum}, ":now": {S: $now}}')"
  if said="$(aws dynamodb update-item --table-name "$BACKUP_TABLE" --key '{"id":{"S":"web-ui"}}' --condition-expression 'holder = :me' \
    --update-expression 'SET objectVersion = :version, archiveSha256 = :sum, savedAt = :now' --expression-attribute-values "$values" 2>&1)"; then
    printf '%s\n' "$content" >"$saved"
    log "saved version $version"
    return
  fi
  case "$said" in
    *ConditionalCheckFailed*) log "another instance serves now, and saves its own data" ;;
    *)
      log "$said"
      return 1
      ;;
  esac
}

mkdir --parents "$data/uploads"
aws s3 sync --only-show-errors "$data/uploads" "s3://$BACKUP_BUCKET/uploads"
if [ -n "$DATABASE_URL_PARAMETER" ]; then
  # Files that the other instances took; their names are never used twice.
  aws s3 sync --only-show-errors "s3://$BACKUP_BUCKET/uploads" "$data/uploads"
elif [ -f "$data/webui.db" ]; then
  copy_data
  save_archive
fi
