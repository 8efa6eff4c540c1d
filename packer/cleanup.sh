#!/bin/bash
# Removes old images with their snapshots: all of a kind but the newest ones and those in use. Without --delete it only lists.
#   packer/cleanup.sh --kind ollama [--keep 3] [--delete]
# Needs the AWS CLI and jq; AWS_REGION says where.
set -euo pipefail
export AWS_PAGER=""

fail() {
  printf 'cleanup: %s\n' "$1" >&2
  exit 2
}

kind="" keep=3 delete=no
while (($# > 0)); do
  case "$1" in
    --kind | --keep)
      (($# > 1)) || fail "$1 needs a value"
      if [ "$1" = --kind ]; then kind="$2"; else keep="$2"; fi
      shift
      ;;
    --delete) delete=yes ;;
    *) fail "there is no option $1; expected --kind, --keep or --delete" ;;
  esac
  shift
done
case "$kind" in ollama | vllm) ;; *) fail "--kind is \"$kind\"; expected ollama or vllm" ;; esac
[[ "$keep" =~ ^[1-9][0-9]*$ ]] || fail "--keep is \"$keep\"; expected a whole number above 0"

images="$(aws ec2 describe-images --owners self --output json \
  --filters Name=tag:ManagedBy,Values=packer Name=tag:Project,Values=llm-stacks "Name=tag:Kind,Values=$kind")"
# What a fleet would start next, and what runs.
# shellcheck disable=SC2016
templates="$(aws ec2 describe-launch-template-versions --versions '$Latest' '$Default' --output json \
  --query 'LaunchTemplateVersions[].LaunchTemplateData.ImageId')"
instances="$(aws ec2 describe-instances --output json --query 'Reservations[].Instances[].ImageId' \
  --filters Name=instance-state-name,Values=pending,running,stopping,stopped)"

jq --null-input --raw-output --argjson keep "$keep" --argjson images "$images" --argjson templates "$templates" --argjson instances "$instances" '
  ($templates + $instances | unique) as $used
  | $images.Images | sort_by(.CreationDate) | reverse | to_entries[]
  | .value as $image
  | (if .key < $keep then "new" elif ($used | index($image.ImageId)) then "used" else "old" end) as $state
  | [$state, $image.ImageId, $image.Name, ([$image.BlockDeviceMappings[]?.Ebs.SnapshotId // empty] | join(" "))] | @tsv
' | while IFS=$'\t' read -r state image name snapshots; do
  if [ "$state" != old ]; then
    printf 'kept     %s %s (%s)\n' "$image" "$name" "$state"
  elif [ "$delete" = no ]; then
    printf 'would go %s %s\n' "$image" "$name"
  else
    aws ec2 deregister-image --image-id "$image" >/dev/null
    for snapshot in $snapshots; do aws ec2 delete-snapshot --snapshot-id "$snapshot" >/dev/null; done
    printf 'removed  %s %s\n' "$image" "$name"
  fi
done
