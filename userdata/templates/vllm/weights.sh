#!/bin/bash
# Brings the model's files and verifies every one before the engine may read it. Files that are already there and right are
# not fetched again. A wrong checksum is never answered with another source.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

folder="$ROOT/var/lib/llm-stacks/model"
hub="https://huggingface.co"
manifest="$folder/.manifest.json"
listing="$folder/.hub-$REVISION.json"
mkdir --parents "$folder"

# is_right ALGORITHM DIGEST BYTES FILE. The hub knows small files by git's blob id, which covers the length too.
is_right() {
  [ -f "$4" ] && [ "$(stat --format=%s "$4")" = "$3" ] || return 1
  case "$1" in
    sha256) printf '%s  %s\n' "$2" "$4" | sha256sum --check --status ;;
    git) [ "$({ printf 'blob %s\0' "$3"; cat "$4"; } | sha1sum | cut --delimiter=' ' --fields=1)" = "$2" ] ;;
    *) return 1 ;;
  esac
}

has_manifest() {
  [ -f "$manifest" ] && printf '%s  %s\n' "$MANIFEST_SHA256" "$manifest" | sha256sum --check --status
}

manifest_from_bucket() {
  [ -n "$WEIGHTS_BUCKET" ] || return 1
  if has_manifest; then return 0; fi
  retry 3 aws s3 cp --only-show-errors "s3://$WEIGHTS_BUCKET/$WEIGHTS_PREFIX/manifest.json" "$manifest" || return 1
  has_manifest ||
    die "s3://$WEIGHTS_BUCKET/$WEIGHTS_PREFIX/manifest.json has another checksum than this program pins; upload the weights again or set manifestSha256"
}

listing_from_hub() {
  [ "$HUB_FALLBACK" = yes ] || return 1
  if [ -f "$listing" ]; then return 0; fi
  curl --silent --show-error --fail --location --retry 5 --max-time 60 --output "$listing.part" \
    "$hub/api/models/$MODEL/tree/$REVISION?recursive=true" && mv "$listing.part" "$listing"
}

# Lines of algorithm, digest, bytes, path. What leaves the folder is refused.
list_files() {
  local plain='def safe: if test("^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$") then . else error("unsafe path") end;'
  if manifest_from_bucket; then
    jq --raw-output "$plain"' .files[] | ["sha256", .sha256, .bytes, (.path | safe)] | @tsv' "$manifest"
  elif listing_from_hub; then
    log "the weights' bucket gives no manifest; taking revision $REVISION of $MODEL from the hub"
    jq --raw-output "$plain"' .[] | select(.type == "file" and (.path | test("^[^/]+[.](safetensors|json|model|txt|jinja)$")))
      | (if .lfs then ["sha256", .lfs.oid, .lfs.size] else ["git", .oid, .size] end) + [.path | safe] | @tsv' "$listing"
  else
    die "no weights: s3://$WEIGHTS_BUCKET/$WEIGHTS_PREFIX/manifest.json can't be read, and the hub is not allowed or does not answer"
  fi
}

# fetch PATH BYTES: into PATH.part. The hub's downloads go on where they stopped.
fetch() {
  local part="$folder/$1.part"
  mkdir --parents "$(dirname "$part")"
  if [ -n "$WEIGHTS_BUCKET" ] && [ -f "$manifest" ] &&
    retry 3 aws s3 cp --only-show-errors "s3://$WEIGHTS_BUCKET/$WEIGHTS_PREFIX/$1" "$part"; then
    return 0
  fi
  [ "$HUB_FALLBACK" = yes ] || return 1
  if [ -f "$part" ] && (($(stat --format=%s "$part") >= $2)); then rm --force "$part"; fi
  retry 5 curl --silent --show-error --fail --location --continue-at - --output "$part" "$hub/$MODEL/resolve/$REVISION/$1"
}

files="$(list_files)"
[ -n "$files" ] || die "the list of the model's files is empty"

missing=0
while IFS=$'\t' read -r _ _ bytes path; do
  if [ ! -f "$folder/$path" ]; then missing="$((missing + bytes))"; fi
done <<<"$files"
free="$(df --output=avail --block-size=1 "$folder" | tail --lines=1)"
((free > missing)) || die "the weights need $missing more bytes, and the disk of $folder has $free; give the instance a larger root volume"

while IFS=$'\t' read -r algorithm digest bytes path; do
  if is_right "$algorithm" "$digest" "$bytes" "$folder/$path"; then continue; fi
  log "fetching $path ($bytes bytes)"
  fetch "$path" "$bytes" || die "$path can't be fetched, neither from the bucket nor from the hub if that is allowed"
  is_right "$algorithm" "$digest" "$bytes" "$folder/$path.part" || {
    rm --force "$folder/$path.part"
    die "$path is not the file that the list names (${algorithm} $digest, $bytes bytes); the engine is not started"
  }
  mv "$folder/$path.part" "$folder/$path"
done <<<"$files"

# The engine reads whatever lies in the folder.
find "$folder" -type f ! -name '.*' -printf '%P\n' | sort | comm -23 - <(cut --fields=4 <<<"$files" | sort) |
  while IFS= read -r stray; do
    log "removing $stray, which the list does not name"
    rm --force "$folder/$stray"
  done
log "the model's files are complete and verified"
