#!/bin/bash
# Runs the gateway to language models.
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

REGION='eu-central-1'
GROUP_NAME='agents-engines-dev'
LAUNCH_HOOK='agents-engines-launch'
TERMINATION_HOOK='agents-engines-end'
METRICS_NAMESPACE='agents'
HEALTH_TIMEOUT_SECONDS='300'
DRAIN_SECONDS='120'
SWAP_GIB='0'
ENGINE_UNITS='gateway.service'
PORT='3000'
HEALTH_PATH='/api/health/ready'
NODE_CHANNEL='22/stable'
CODE_BUCKET='agents-code-dev-1a2b3c4d'
CODE_KEY='gateway/main.js'
CODE_SHA256='1111111111111111111111111111111111111111111111111111111111111111'
ENVIRONMENT_PARAMETER='/agents/dev/gateway-environment'
FLEET_GROUP='agents-engines-dev'
REPLICA_NAMES='3'
DATADOG_SECRET='agents/dev/datadog'
DATADOG_SITE='datadoghq.eu'
DATADOG_ENV='dev'
DATADOG_SERVICE='llm-gateway'
declare -p REGION GROUP_NAME LAUNCH_HOOK TERMINATION_HOOK METRICS_NAMESPACE HEALTH_TIMEOUT_SECONDS DRAIN_SECONDS SWAP_GIB ENGINE_UNITS PORT HEALTH_PATH NODE_CHANNEL CODE_BUCKET CODE_KEY CODE_SHA256 ENVIRONMENT_PARAMETER FLEET_GROUP REPLICA_NAMES DATADOG_SECRET DATADOG_SITE DATADOG_ENV DATADOG_SERVICE | put /etc/llm-stacks/settings 0644
# shellcheck disable=SC2016
printf '%s\n' '{
 "agent": {
  "metrics_collection_interval": 60,
  "omit_hostname": true
 },
 "metrics": {
  "namespace": "agents",
  "append_dimensions": {
   "InstanceId": "${aws:InstanceId}"
  },
  "aggregation_dimensions": [
   [
    "AutoScalingGroupName"
   ]
  ],
  "metrics_collected": {
   "mem": {
    "measurement": [
     "used_percent"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "agents-engines-dev"
    }
   },
   "swap": {
    "measurement": [
     "used_percent"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "agents-engines-dev"
    }
   },
   "disk": {
    "measurement": [
     "used_percent"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "agents-engines-dev"
    },
    "resources": [
     "/"
    ],
    "drop_device": true
   }
  }
 },
 "logs": {
  "force_flush_interval": 5,
  "logs_collected": {
   "files": {
    "collect_list": [
     {
      "file_path": "/var/log/llm-stacks/boot.log",
      "log_group_name": "/aws/ec2/agents-system-dev",
      "log_stream_name": "{instance_id}/boot"
     },
     {
      "file_path": "/var/log/llm-stacks/ready.log",
      "log_group_name": "/aws/ec2/agents-system-dev",
      "log_stream_name": "{instance_id}/ready"
     },
     {
      "file_path": "/var/log/llm-stacks/watch.log",
      "log_group_name": "/aws/ec2/agents-system-dev",
      "log_stream_name": "{instance_id}/watch"
     },
     {
      "file_path": "/var/log/llm-stacks/replicas.log",
      "log_group_name": "/aws/ec2/agents-system-dev",
      "log_stream_name": "{instance_id}/replicas"
     },
     {
      "file_path": "/var/log/llm-stacks/gateway.log",
      "log_group_name": "/aws/ec2/agents-gateway-dev",
      "log_stream_name": "{instance_id}/gateway"
     }
    ]
   }
  }
 }
}' | put /etc/llm-stacks/agent.json 0644
put /opt/llm-stacks/lib.sh 0644 <<'LLM_STACKS_FILE'
# Shared by this instance's scripts; sourced with ROOT set.
# shellcheck shell=bash disable=SC2034
STACK="$ROOT/opt/llm-stacks"
LOGS="$ROOT/var/log/llm-stacks"
# shellcheck source=/dev/null
. "$ROOT/etc/llm-stacks/settings"
export AWS_DEFAULT_REGION="$REGION" AWS_PAGER=""

log() {
  printf '%s %s: %s\n' "$(date --utc +%FT%TZ)" "${0##*/}" "$*" >&2
}

die() {
  FAILED="$*"
  log "ERROR: $*"
  exit 1
}

# retry TRIES COMMAND...: until it succeeds, waiting longer each time.
retry() {
  local tries="$1" try=1
  shift
  until "$@"; do
    ((try < tries)) || return 1
    log "try $try of $tries failed: $1 ${2-}"
    sleep "$((try * 5))"
    try="$((try + 1))"
  done
}

# imds PATH: an item of the instance metadata (IMDSv2); fails where there is none.
imds() {
  local token
  token="$(curl --silent --fail --max-time 5 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    http://169.254.169.254/latest/api/token)" || return 1
  curl --silent --fail --max-time 5 --header "X-aws-ec2-metadata-token: $token" \
    "http://169.254.169.254/latest/meta-data/$1"
}

# signal HOOK RESULT: tells Auto Scaling, and is content where nobody waits (a reboot, an instance of its own).
signal() {
  local id said
  id="$(retry 5 imds instance-id)" || {
    log "the instance metadata gives no instance id; Auto Scaling decides when the hook times out"
    return 1
  }
  if said="$(aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$GROUP_NAME" \
    --lifecycle-hook-name "$1" --lifecycle-action-result "$2" --instance-id "$id" 2>&1)"; then
    log "told Auto Scaling: $1 $2"
    return 0
  fi
  case "$said" in
    *"No active Lifecycle Action"*)
      log "no action of $1 is waiting"
      return 0
      ;;
  esac
  log "Auto Scaling did not take $2 for $1: $said"
  return 1
}

# parameter NAME: the value of an SSM parameter, on one line.
parameter() {
  local value
  value="$(retry 5 aws ssm get-parameter --name "$1" --with-decryption --query Parameter.Value --output text)" ||
    die "the SSM parameter $1 can't be read; does it exist, and may this instance's role read and decrypt it?"
  case "$value" in
    "" | *[![:print:]]*) die "the SSM parameter $1 is empty or has characters that don't print; give one line of text" ;;
  esac
  printf '%s' "$value"
}

# login_to_registry IMAGE: with this instance's role, where the image is in ECR. Other registries are asked without a login.
login_to_registry() {
  case "${1%%/*}" in
    *.dkr.ecr.*.amazonaws.com) aws ecr get-login-password | docker login --username AWS --password-stdin "${1%%/*}" ;;
  esac
}

# has_image IMAGE: whether exactly this image is on the machine.
has_image() {
  docker image inspect "$1" >/dev/null 2>&1
}
LLM_STACKS_FILE
put /opt/llm-stacks/ready 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Waits until the engine really answers, then lets Auto Scaling put the instance to work. Runs at every start, because an
# instance of a warm pool starts a second time with a launch hook waiting, and its user data does not run again.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

abandon() {
  log "ERROR: $*"
  # Auto Scaling ends the instance as soon as it hears; the agent sends its lines every 5 s.
  sleep 15
  signal "$LAUNCH_HOOK" ABANDON || true
  exit 1
}

deadline="$((SECONDS + HEALTH_TIMEOUT_SECONDS))"
until "$STACK/health"; do
  for unit in $ENGINE_UNITS; do
    if systemctl is-failed --quiet "$unit"; then
      abandon "$unit has failed; see its lines in $LOGS and journalctl --unit $unit"
    fi
  done
  ((SECONDS < deadline)) || abandon "the engine was not healthy within $HEALTH_TIMEOUT_SECONDS s; see $LOGS"
  sleep 5
done
log "the engine answers after $SECONDS s"
signal "$LAUNCH_HOOK" CONTINUE
LLM_STACKS_FILE
put /opt/llm-stacks/watch 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Watches for the end of this instance: lets running requests end, then lets Auto Scaling go on.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

# With the hook's whole time again: a large archive takes longer than what draining leaves.
last_backup() {
  aws autoscaling record-lifecycle-action-heartbeat --auto-scaling-group-name "$GROUP_NAME" \
    --lifecycle-hook-name "$TERMINATION_HOOK" --instance-id "$(imds instance-id)" || true
  systemctl stop llm-backup.timer llm-backup.service
  systemctl start llm-backup.service
}

# The load balancer sends nothing new by now. Three readings of 0 in a row, for a request that is on its way.
drain() {
  local deadline="$((SECONDS + DRAIN_SECONDS))" quiet=0 running
  log "this instance is to end; requests have $DRAIN_SECONDS s"
  while ((SECONDS < deadline && quiet < 3)); do
    running="$("$STACK/running")" || running="unknown"
    if [ "$running" = 0 ]; then quiet="$((quiet + 1))"; else quiet=0; fi
    if ((quiet < 3)); then sleep 5; fi
  done
  log "requests still running: ${running:-unknown}"
  if [ -x "$STACK/backup" ]; then last_backup || log "the last backup failed; a new instance starts from the one before"; fi
  retry 5 signal "$TERMINATION_HOOK" CONTINUE
}

state=""
notice=""
while true; do
  previous="$state"
  state="$(imds autoscaling/target-lifecycle-state)" || state="$previous"
  case "$state" in
    Terminated | Warmed:Terminated)
      drain
      exit 0
      ;;
    InService)
      # Out of a warm pool that keeps its instances running.
      case "$previous" in Warmed:*) systemctl start --no-block llm-ready.service ;; esac
      ;;
  esac
  # EC2 takes a Spot instance back two minutes after this. Unhealthy makes Auto Scaling take it off the load balancer now.
  if [ -z "$notice" ] && notice="$(imds spot/instance-action)"; then
    log "EC2 takes this Spot instance back: $notice"
    aws autoscaling set-instance-health --health-status Unhealthy --no-should-respect-grace-period \
      --instance-id "$(imds instance-id)" || log "Auto Scaling could not be told that this instance ends"
  fi
  sleep 5
done
LLM_STACKS_FILE
put /etc/ssh/sshd_config.d/00-llm-stacks.conf 0644 <<'LLM_STACKS_FILE'
# Keys only. Written by the user data of llm-stacks.
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
PubkeyAuthentication yes
AuthenticationMethods publickey
PermitRootLogin no
MaxAuthTries 3
X11Forwarding no
LLM_STACKS_FILE
put /etc/logrotate.d/llm-stacks 0644 <<'LLM_STACKS_FILE'
/var/log/llm-stacks/*.log {
  size 50M
  rotate 2
  missingok
  notifempty
  copytruncate
}
LLM_STACKS_FILE
put /opt/llm-stacks/serve 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Runs the gateway in the foreground; systemd restarts it.
set -euo pipefail
ROOT="${ROOT:-}"
exec "$ROOT/snap/node/current/bin/node" --enable-source-maps "$ROOT/opt/llm-stacks/gateway.js"
LLM_STACKS_FILE
put /opt/llm-stacks/replicas 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Gives the engines that serve the names replica-1, replica-2 and so on, in /etc/hosts. All gateways must come to the same names,
# for they share circuits by name and send prompts with the same beginning to the same engine: an engine's name follows from its
# id, and where two want the same, the one that was launched later takes the next that is free. A name without an engine leads to
# this machine, where nothing listens: who calls it is refused at once. What AWS does not tell changes nothing.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

hosts="$ROOT/etc/hosts"
leaving="$ROOT/var/lib/llm-stacks/leaving"
mark="# llm-stacks replica"

# Launch time, id and address of each, the oldest first.
serving() {
  local ids
  ids="$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names "$FLEET_GROUP" --output text \
    --query "AutoScalingGroups[].Instances[?LifecycleState=='InService'].InstanceId")" || return 1
  if [ -z "$ids" ]; then return 0; fi
  # shellcheck disable=SC2086
  aws ec2 describe-instances --instance-ids $ids --output text \
    --query 'Reservations[].Instances[].[LaunchTime, InstanceId, PrivateIpAddress]' | sort
}

found="$(serving)" || {
  log "AWS does not tell which engines of $FLEET_GROUP serve; their names stay as they are"
  exit 0
}

declare -A address_of=()
while read -r _ id address; do
  if [ -z "$address" ]; then continue; fi
  wanted="$(cksum <<<"$id" | cut --delimiter=' ' --fields=1)"
  for ((tried = 0; tried < REPLICA_NAMES; tried++)); do
    name="replica-$(((wanted + tried) % REPLICA_NAMES + 1))"
    if [ -n "${address_of["$name"]:-}" ]; then continue; fi
    address_of["$name"]="$address"
    break
  done
  if ((tried == REPLICA_NAMES)); then log "$address gets no name: all $REPLICA_NAMES are taken"; fi
done <<<"$found"

# The gateway opens the circuit of a name that is in here: connections that it still has lead to an engine that is about to end.
left=""
while read -r address name; do
  if [ "$address" = 127.0.0.1 ] || [ "${address_of["$name"]:-}" = "$address" ]; then continue; fi
  left+="$(date --utc +%FT%TZ) $name $address"$'\n'
  log "$name was $address, which serves no more"
done < <(sed --quiet "s/^\([0-9.]*\) \(replica-[0-9]*\) $mark\$/\1 \2/p" "$hosts")
if [ -n "$left" ]; then
  new="$(mktemp "$leaving.XXXXXX")"
  { tail --lines=100 "$leaving" 2>/dev/null || true; printf '%s' "$left"; } >"$new"
  chmod 0644 "$new"
  mv "$new" "$leaving"
fi

new="$(mktemp "$hosts.XXXXXX")"
{
  grep --invert-match --fixed-strings "$mark" "$hosts" || true
  for ((slot = 1; slot <= REPLICA_NAMES; slot++)); do
    printf '%s replica-%s %s\n' "${address_of["replica-$slot"]:-127.0.0.1}" "$slot" "$mark"
  done
} >"$new"
if cmp --silent "$new" "$hosts"; then
  rm --force "$new"
else
  chmod 0644 "$new"
  # In one step: who looks a name up meanwhile finds the old file or the new one.
  mv "$new" "$hosts"
fi
LLM_STACKS_FILE
put /opt/llm-stacks/health 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Whether the gateway says that it can work.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$PORT$HEALTH_PATH"
LLM_STACKS_FILE
put /opt/llm-stacks/running 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Whether the gateway still has work. Asked at the end of the instance alone, so the first question tells it to stop: it then
# takes nothing new, ends its streams, and gives jobs back that others can do.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

case "$(systemctl show --property=ActiveState --value gateway.service)" in
  active | activating | reloading)
    systemctl stop --no-block gateway.service
    echo 1
    ;;
  deactivating) echo 1 ;;
  *) echo 0 ;;
esac
LLM_STACKS_FILE
put /opt/llm-stacks/datadog 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Installs and starts the Datadog agent, with its key from Secrets Manager. Its packages are checked against the key that Datadog
# documents: https://docs.datadoghq.com/agent/guide/linux-key-rotation-2024/
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

signer=5F1E256061D813B125E156E8E6266D4AC0962C7D
ring="$ROOT/usr/share/keyrings/datadog-archive-keyring.gpg"
config="$ROOT/etc/datadog-agent/datadog.yaml"

if [ ! -d "$ROOT/opt/datadog-agent" ]; then
  folder="$(mktemp --directory)"
  mkdir --mode=0700 "$folder/keys"
  mkdir --parents "${ring%/*}" "$ROOT/etc/apt/sources.list.d"
  curl --silent --show-error --fail --retry 5 --retry-connrefused --output "$folder/key" \
    https://keys.datadoghq.com/DATADOG_APT_KEY_C0962C7D.public
  gpg --homedir "$folder/keys" --batch --quiet --import "$folder/key"
  # Whatever else came with it, only this key is trusted.
  gpg --homedir "$folder/keys" --batch --export "$signer" >"$ring"
  rm --recursive --force "$folder"
  [ -s "$ring" ] || die "Datadog's key for its packages is another than the one that its documentation names"
  chmod 0644 "$ring"
  printf 'deb [signed-by=%s] https://apt.datadoghq.com/ stable 7\n' "/usr/share/keyrings/datadog-archive-keyring.gpg" \
    >"$ROOT/etc/apt/sources.list.d/datadog.list"
  retry 5 apt-get -o DPkg::Lock::Timeout=300 update
  DEBIAN_FRONTEND=noninteractive retry 5 apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends datadog-agent
fi

key="$(retry 5 aws secretsmanager get-secret-value --secret-id "$DATADOG_SECRET" --query SecretString --output text)" ||
  die "the secret $DATADOG_SECRET can't be read; does it exist, and may this instance's role read it?"
mkdir --parents "${config%/*}"
# JSON is YAML. The key goes in by a pipe, because everyone may read the list of processes.
printf '%s' "$key" |
  jq --raw-input --arg site "$DATADOG_SITE" --arg env "$DATADOG_ENV" --arg service "$DATADOG_SERVICE" \
    '{api_key: ., site: $site, env: $env, tags: ["service:\($service)"], apm_config: {enabled: true}, logs_enabled: false}' \
    >"$config.new"
chown dd-agent:dd-agent "$config.new"
chmod 0640 "$config.new"
mv "$config.new" "$config"
systemctl enable datadog-agent.service
systemctl restart datadog-agent.service
log "the Datadog agent runs"
LLM_STACKS_FILE
put /etc/systemd/system/gateway.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Gateway to language models
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=600
StartLimitBurst=20

[Service]
User=gateway
Group=gateway
EnvironmentFile=/etc/llm-stacks/gateway.env
ExecStart=/opt/llm-stacks/serve
Restart=always
RestartSec=5
# Longer than any stream takes to end; what ends the instance waits less.
TimeoutStopSec=3700
KillMode=mixed
LimitNOFILE=65536
NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
StandardOutput=append:/var/log/llm-stacks/gateway.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
LLM_STACKS_FILE
put /etc/systemd/system/llm-replicas.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Names the engines that serve
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/opt/llm-stacks/replicas
TimeoutStartSec=60
StandardOutput=append:/var/log/llm-stacks/replicas.log
StandardError=inherit
LLM_STACKS_FILE
put /etc/systemd/system/llm-replicas.timer 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Names the engines that serve, every twenty seconds

[Timer]
OnActiveSec=20
OnUnitInactiveSec=20
AccuracySec=1

[Install]
WantedBy=timers.target
LLM_STACKS_FILE
put /etc/systemd/system/llm-ready.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Lets Auto Scaling use this instance once the engine answers
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/opt/llm-stacks/ready
TimeoutStartSec=infinity
StandardOutput=append:/var/log/llm-stacks/ready.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
LLM_STACKS_FILE
put /etc/systemd/system/llm-watch.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Lets running requests end before this instance does
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=/opt/llm-stacks/watch
Restart=on-failure
RestartSec=5
StandardOutput=append:/var/log/llm-stacks/watch.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
LLM_STACKS_FILE
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"
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

# Node.js from its snap: signed, and for both architectures. All instances run one version until the config says otherwise.
install_node() {
  if [ ! -x "$ROOT/snap/node/current/bin/node" ]; then
    snap wait system seed.loaded
    retry 5 snap install node --classic --channel="$NODE_CHANNEL"
    snap refresh --hold node
  fi
}

# The gateway is one file. Its name in the bucket is its checksum, so what an older launch template names stays there.
fetch_code() {
  local new="$ROOT/var/lib/llm-stacks/gateway.js"
  mkdir --parents "${new%/*}"
  retry 5 aws s3 cp --only-show-errors "s3://$CODE_BUCKET/$CODE_KEY" "$new" ||
    die "s3://$CODE_BUCKET/$CODE_KEY can't be read; does it exist, and may this instance's role read it?"
  printf '%s  %s\n' "$CODE_SHA256" "$new" | sha256sum --check --status ||
    die "s3://$CODE_BUCKET/$CODE_KEY is not the file that the launch template names by checksum"
  put /opt/llm-stacks/gateway.js 0644 <"$new"
  rm --force "$new"
}

# Who signs the database's certificate: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
fetch_authority() {
  local new="$ROOT/var/lib/llm-stacks/rds-ca.pem"
  curl --silent --show-error --fail --retry 5 --retry-connrefused --output "$new" \
    "https://truststore.pki.rds.amazonaws.com/$REGION/$REGION-bundle.pem"
  put /etc/llm-stacks/rds-ca.pem 0644 <"$new"
  rm --force "$new"
}

# Where all else is, as JSON. It holds no secret: the gateway reads those by itself.
write_environment() {
  local values
  values="$(parameter "$ENVIRONMENT_PARAMETER")"
  jq --raw-output 'to_entries[] | "\(.key)=\(.value | tostring | @json)"' <<<"$values" | put /etc/llm-stacks/gateway.env 0644
}

make_user() {
  if id gateway >/dev/null 2>&1; then return; fi
  useradd --system --shell /usr/sbin/nologin --no-create-home gateway
}

# Watching the watchers is no reason to turn callers away.
install_datadog() {
  "$STACK/datadog" || log "ERROR: the Datadog agent does not run; this instance serves without it"
}

step "ssh: keys only" harden_ssh
step "swap" make_swap
step "packages" install_packages jq=jq curl=curl gpg=gnupg
step "aws cli" install_aws_cli
step "logs and metrics" start_agent
step "units" reload_units
step "watch for the end" start_service llm-watch.service /opt/llm-stacks/watch /opt/llm-stacks/lib.sh /etc/llm-stacks/settings
if [ -n "$DATADOG_SECRET" ]; then step "datadog" install_datadog; fi
step "node" install_node
step "gateway's code" fetch_code
step "database's authority" fetch_authority
step "environment" write_environment
step "user" make_user
step "replicas" systemctl start llm-replicas.service
step "replicas' timer" start_service llm-replicas.timer /etc/systemd/system/llm-replicas.timer
step "gateway" start_service gateway.service /opt/llm-stacks/serve /opt/llm-stacks/gateway.js /etc/llm-stacks/gateway.env /etc/llm-stacks/rds-ca.pem /etc/systemd/system/gateway.service
if ! systemctl is-enabled --quiet llm-ready.service; then systemctl enable llm-ready.service; fi
step "health gate" systemctl start llm-ready.service
