# What every boot does, whatever engine follows.
STEP="none"
FAILED="no command is known to have failed"

step() {
  STEP="$1"
  shift
  log "start: $STEP"
  "$@"
  log "done: $STEP"
}

finish() {
  local status="$?"
  trap - EXIT ERR
  if ((status == 0)); then
    log "the boot took $SECONDS s"
    return
  fi
  log "ERROR: the boot stopped in step \"$STEP\" (status $status): $FAILED"
  # Auto Scaling ends the instance as soon as it hears; the agent sends its lines every 5 s.
  sleep 15
  signal "$LAUNCH_HOOK" ABANDON || log "ERROR: the failure could not be signalled; the launch hook's time-out ends this instance"
  exit "$status"
}

# Passwords never open this machine. First, because the first value that sshd reads of a setting counts.
harden_ssh() {
  mkdir --parents "$ROOT/run/sshd"
  if ! sshd -t; then
    rm --force "$ROOT/etc/ssh/sshd_config.d/00-llm-stacks.conf"
    die "sshd refuses its configuration with 00-llm-stacks.conf; the file is taken away again"
  fi
  sshd -T | grep --quiet --line-regexp 'passwordauthentication no' || die "sshd would still take passwords"
  if changed /etc/ssh/sshd_config.d/00-llm-stacks.conf; then systemctl try-reload-or-restart ssh.service; fi
}

make_swap() {
  local file="$ROOT/var/lib/llm-stacks/swap"
  if [ "$SWAP_GIB" = 0 ] || [ -f "$file" ]; then return; fi
  mkdir --parents "$ROOT/var/lib/llm-stacks" "$ROOT/etc"
  fallocate --length "${SWAP_GIB}GiB" "$file.part"
  chmod 0600 "$file.part"
  mkswap "$file.part"
  mv "$file.part" "$file"
  printf '%s none swap sw 0 0\n' "$file" >>"$ROOT/etc/fstab"
  swapon "$file"
}

# install_packages COMMAND=PACKAGE...: those whose command is missing.
install_packages() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  if ((${#missing[@]} == 0)); then return; fi
  retry 5 apt-get -o DPkg::Lock::Timeout=300 update
  DEBIAN_FRONTEND=noninteractive retry 5 apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "${missing[@]}"
}

# Ubuntu 24.04 has the AWS CLI as a snap and no package of it; Debian and older Ubuntu have the package.
install_aws_cli() {
  if command -v aws >/dev/null; then return; fi
  if command -v snap >/dev/null; then
    snap wait system seed.loaded
    retry 5 snap install aws-cli --classic --channel=v2/stable
    hash -r
    command -v aws >/dev/null || PATH="$PATH:/snap/bin"
  else
    install_packages aws=awscli
  fi
}

# The agent's package, checked against the key that AWS documents:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/verify-CloudWatch-Agent-Package-Signature.html
install_agent() {
  local key=937616F3450B7D806CBD9725D58167303B789C72 from folder architecture
  if [ -x "$AGENT" ]; then return; fi
  from="https://amazoncloudwatch-agent-$REGION.s3.$REGION.amazonaws.com"
  architecture="$(dpkg --print-architecture)"
  folder="$(mktemp --directory)"
  local get=(curl --silent --show-error --fail --retry 5 --retry-connrefused --output)
  "${get[@]}" "$folder/agent.deb" "$from/ubuntu/$architecture/latest/amazon-cloudwatch-agent.deb"
  "${get[@]}" "$folder/agent.sig" "$from/ubuntu/$architecture/latest/amazon-cloudwatch-agent.deb.sig"
  "${get[@]}" "$folder/agent.gpg" https://amazoncloudwatch-agent.s3.amazonaws.com/assets/amazon-cloudwatch-agent.gpg
  mkdir --mode=0700 "$folder/keys"
  gpg --homedir "$folder/keys" --batch --quiet --import "$folder/agent.gpg"
  gpg --homedir "$folder/keys" --batch --status-fd 1 --verify "$folder/agent.sig" "$folder/agent.deb" >"$folder/status" ||
    die "the CloudWatch agent's package does not fit its signature"
  grep --quiet "^\[GNUPG:\] VALIDSIG .*$key" "$folder/status" || die "the CloudWatch agent's package is signed by another key than AWS's"
  retry 5 dpkg --install "$folder/agent.deb"
  rm --recursive --force "$folder"
}

# Early, so that what fails later can be read in CloudWatch after the instance is gone.
start_agent() {
  AGENT="$ROOT/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
  install_agent
  if changed /etc/llm-stacks/agent.json /etc/llm-stacks/prometheus.json ||
    ! systemctl is-active --quiet amazon-cloudwatch-agent.service; then
    "$AGENT" -a fetch-config -m ec2 -s -c "file:$ROOT/etc/llm-stacks/agent.json"
  fi
}

pull_image() {
  if has_image "$1"; then return; fi
  systemctl enable --now docker.service
  login_to_registry "$1"
  retry 5 docker pull --quiet "$1"
}

# start_service UNIT FILE...: enables and starts it; restarts it where one of its files is new.
start_service() {
  local unit="$1"
  shift
  if ! systemctl is-enabled --quiet "$unit"; then systemctl enable "$unit"; fi
  if ! systemctl is-active --quiet "$unit"; then
    systemctl start "$unit"
  elif changed "$@"; then
    systemctl restart "$unit"
  fi
}

reload_units() {
  case "$CHANGED" in *" /etc/systemd/"*) systemctl daemon-reload ;; esac
}

mkdir --parents "$LOGS"
exec > >(tee --append "$LOGS/boot.log") 2>&1
trap finish EXIT
trap 'FAILED="line $LINENO: $BASH_COMMAND"' ERR
log "boot of $GROUP_NAME, run by $(id --user --name)"
