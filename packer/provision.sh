#!/bin/bash
# Puts onto a machine what its boots would else install: packages, the AWS CLI, the CloudWatch agent, the engine and its
# images. Nothing of a stack: no settings, no secrets, no weights. Packer runs it as root.
set -Eeuo pipefail
ROOT="${ROOT:-}"
FROM="${FROM:-/tmp}"

# has VARIABLE...: each is set.
has() {
  local name
  for name in "$@"; do
    if [ -z "${!name-}" ]; then
      printf 'provision: %s is not set; packer/images.pkr.hcl sets it\n' "$name" >&2
      exit 1
    fi
  done
}
has KIND REGION IMAGE

# Only the functions: what else these files hold is for boots.
for file in lib.sh base.sh; do
  # shellcheck disable=SC1090
  . <(sed -n '/^[a-z_]\+() {$/,/^}$/p' "$FROM/$file")
done
export AWS_DEFAULT_REGION="$REGION" AWS_PAGER=""
# shellcheck disable=SC2034
AGENT="$ROOT/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"

case "$KIND" in
  ollama)
    has SNAP_CHANNEL
    install_packages jq=jq curl=curl gpg=gnupg docker=docker.io sqlite3=sqlite3
    snap wait system seed.loaded
    if ! snap list ollama >/dev/null 2>&1; then
      retry 5 snap install ollama --channel="$SNAP_CHANNEL"
      snap refresh --hold ollama
    fi
    # Each boot sets it up and starts it.
    snap stop --disable ollama
    ;;
  vllm) install_packages jq=jq curl=curl gpg=gnupg docker=docker.io ;;
  *)
    printf 'provision: there is no image "%s"; expected ollama or vllm\n' "$KIND" >&2
    exit 1
    ;;
esac
install_aws_cli
install_agent
pull_image "$IMAGE"
has_image "$IMAGE" || die "the image $IMAGE is not there after the pull"

# What is this machine's alone must not be every instance's.
apt-get clean
rm --recursive --force "$ROOT"/var/lib/apt/lists/* "$ROOT"/etc/ssh/ssh_host_* "$ROOT"/home/ubuntu/.ssh/authorized_keys "$ROOT"/root/.ssh/authorized_keys
rm --force "$FROM/lib.sh" "$FROM/base.sh"
cloud-init clean --logs
truncate --size 0 "$ROOT/etc/machine-id"
log "the image of $KIND is ready"
