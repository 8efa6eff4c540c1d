# One machine, in no Auto Scaling group: nobody waits for a signal.
signal() {
  log "this machine is in no Auto Scaling group"
}

# The Elastic IP comes after the start, and there is no other way out.
wait_for_address() {
  retry 24 imds public-ipv4 >/dev/null || die "the machine has no public address; is the Elastic IP associated with it?"
}

# A package without a command of its own: it is a plugin of Docker's.
install_compose() {
  if docker compose version >/dev/null 2>&1; then return; fi
  DEBIAN_FRONTEND=noninteractive retry 5 apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends docker-compose-v2
  docker compose version >/dev/null || die "docker compose does not run"
}

# It is configured and started by the application, whose configuration names the metrics.
install_agent_only() {
  AGENT="$ROOT/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
  install_agent
}

step "way out" wait_for_address
step "ssh: keys only" harden_ssh
step "swap" make_swap
step "packages" install_packages jq=jq curl=curl gpg=gnupg docker=docker.io
step "docker compose" install_compose
step "docker" systemctl enable --now docker.service
step "aws cli" install_aws_cli
step "cloudwatch agent" install_agent_only
step "units" reload_units
step "release" "$STACK/release"
step "releases to come" start_service llm-release.timer /etc/systemd/system/llm-release.timer
