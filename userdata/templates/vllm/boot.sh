check_gpu() {
  retry 6 nvidia-smi --list-gpus || die "no NVIDIA GPU answers; the instance type needs one, and the AMI its driver"
  docker info --format '{{json .Runtimes}}' | grep --quiet nvidia ||
    die "Docker has no nvidia runtime; use a Deep Learning AMI or install nvidia-container-toolkit in yours"
}

write_engine_env() {
  local key=""
  if [ -n "$API_KEY_PARAMETER" ]; then key="$(parameter "$API_KEY_PARAMETER")"; fi
  {
    # The weights are on the machine and verified: the engine asks nobody for others.
    printf '%s\n' HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1
    if [ -n "$key" ]; then printf 'VLLM_API_KEY=%s\n' "$key"; fi
  } | put /etc/llm-stacks/engine.env 0600
}

step "ssh: keys only" harden_ssh
step "swap" make_swap
step "packages" install_packages jq=jq curl=curl gpg=gnupg docker=docker.io
step "aws cli" install_aws_cli
step "logs and metrics" start_agent
step "units" reload_units
step "watch for the end" start_service llm-watch.service /opt/llm-stacks/watch /opt/llm-stacks/lib.sh /etc/llm-stacks/settings
step "gpu" check_gpu
step "engine image" pull_image "$IMAGE"
step "model weights" "$STACK/weights"
step "api key" write_engine_env
step "engine" start_service vllm.service /opt/llm-stacks/engine /etc/llm-stacks/settings /etc/llm-stacks/engine.env /etc/systemd/system/vllm.service
if ! systemctl is-enabled --quiet llm-ready.service; then systemctl enable llm-ready.service; fi
step "health gate" systemctl start llm-ready.service
