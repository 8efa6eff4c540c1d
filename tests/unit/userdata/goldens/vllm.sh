#!/bin/bash
# Serves a language model with vLLM.
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
GROUP_NAME='phi3-engines-dev'
LAUNCH_HOOK='phi3-engines-launch'
TERMINATION_HOOK='phi3-engines-end'
METRICS_NAMESPACE='phi3'
HEALTH_TIMEOUT_SECONDS='900'
DRAIN_SECONDS='120'
SWAP_GIB='0'
ENGINE_UNITS='vllm.service'
IMAGE='vllm/vllm-openai@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
MODEL='microsoft/Phi-3-mini-4k-instruct'
REVISION='bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'
WEIGHTS_BUCKET='phi3-weights-dev-1a2b3c4d'
WEIGHTS_PREFIX='phi-3-mini'
MANIFEST_SHA256='cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc'
HUB_FALLBACK='no'
SERVED_NAME='phi-3-mini'
PORT='8000'
MAX_MODEL_LEN='4096'
GPU_MEMORY_UTILIZATION='0.9'
API_KEY_PARAMETER='/phi3/dev/api-key'
declare -p REGION GROUP_NAME LAUNCH_HOOK TERMINATION_HOOK METRICS_NAMESPACE HEALTH_TIMEOUT_SECONDS DRAIN_SECONDS SWAP_GIB ENGINE_UNITS IMAGE MODEL REVISION WEIGHTS_BUCKET WEIGHTS_PREFIX MANIFEST_SHA256 HUB_FALLBACK SERVED_NAME PORT MAX_MODEL_LEN GPU_MEMORY_UTILIZATION API_KEY_PARAMETER | put /etc/llm-stacks/settings 0644
# shellcheck disable=SC2016
printf '%s\n' '{
 "agent": {
  "metrics_collection_interval": 60,
  "omit_hostname": true
 },
 "metrics": {
  "namespace": "phi3",
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
     "AutoScalingGroupName": "phi3-engines-dev"
    }
   },
   "swap": {
    "measurement": [
     "used_percent"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "phi3-engines-dev"
    }
   },
   "disk": {
    "measurement": [
     "used_percent"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "phi3-engines-dev"
    },
    "resources": [
     "/"
    ],
    "drop_device": true
   },
   "nvidia_gpu": {
    "measurement": [
     "utilization_gpu",
     "utilization_memory",
     "memory_used",
     "memory_total",
     "temperature_gpu",
     "power_draw"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "phi3-engines-dev"
    }
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
      "log_group_name": "/phi3/dev/system",
      "log_stream_name": "{instance_id}/boot"
     },
     {
      "file_path": "/var/log/llm-stacks/ready.log",
      "log_group_name": "/phi3/dev/system",
      "log_stream_name": "{instance_id}/ready"
     },
     {
      "file_path": "/var/log/llm-stacks/watch.log",
      "log_group_name": "/phi3/dev/system",
      "log_stream_name": "{instance_id}/watch"
     },
     {
      "file_path": "/var/log/llm-stacks/engine.log",
      "log_group_name": "/phi3/dev/engine",
      "log_stream_name": "{instance_id}/engine"
     }
    ]
   }
  },
  "metrics_collected": {
   "prometheus": {
    "prometheus_config_path": "/etc/llm-stacks/prometheus.json",
    "log_group_name": "/phi3/dev/system",
    "emf_processor": {
     "metric_namespace": "phi3",
     "metric_declaration": [
      {
       "source_labels": [
        "job"
       ],
       "label_matcher": "^vllm$",
       "dimensions": [
        [
         "AutoScalingGroupName"
        ]
       ],
       "metric_selectors": [
        "^vllm:num_requests_running$",
        "^vllm:num_requests_waiting$",
        "^vllm:kv_cache_usage_perc$",
        "^vllm:prompt_tokens_total$",
        "^vllm:generation_tokens_total$",
        "^vllm:request_success_total$",
        "^vllm:num_preemptions_total$"
       ]
      }
     ]
    }
   }
  }
 }
}' | put /etc/llm-stacks/agent.json 0644
# shellcheck disable=SC2016
printf '%s\n' '{
 "global": {
  "scrape_interval": "60s",
  "scrape_timeout": "10s"
 },
 "scrape_configs": [
  {
   "job_name": "vllm",
   "static_configs": [
    {
     "targets": [
      "127.0.0.1:8000"
     ],
     "labels": {
      "AutoScalingGroupName": "phi3-engines-dev"
     }
    }
   ]
  }
 ]
}' | put /etc/llm-stacks/prometheus.json 0644
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
put /opt/llm-stacks/engine 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Runs vLLM in the foreground; systemd restarts it. On a bridge network the container can't reach the instance metadata
# where its hop limit is 1, so the instance's role is not the engine's.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

gpus="$(nvidia-smi --list-gpus | wc -l)"
docker rm --force vllm >/dev/null 2>&1 || true
exec docker run --rm --name vllm --pull never --log-driver none --gpus all --shm-size 8g \
  --security-opt no-new-privileges --publish "$PORT:$PORT" \
  --env-file "$ROOT/etc/llm-stacks/engine.env" --volume "$ROOT/var/lib/llm-stacks/model:/model:ro" \
  --entrypoint vllm "$IMAGE" serve /model --served-model-name "$SERVED_NAME" --host 0.0.0.0 --port "$PORT" \
  --tensor-parallel-size "$gpus" --max-model-len "$MAX_MODEL_LEN" --gpu-memory-utilization "$GPU_MEMORY_UTILIZATION" \
  --disable-uvicorn-access-log
LLM_STACKS_FILE
put /opt/llm-stacks/weights 0755 <<'LLM_STACKS_FILE'
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
LLM_STACKS_FILE
put /opt/llm-stacks/health 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Whether the engine is up and makes a token with the model.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

url="http://127.0.0.1:$PORT"
curl --silent --fail --max-time 5 --output /dev/null "$url/health"
key="$(sed --quiet 's/^VLLM_API_KEY=//p' "$ROOT/etc/llm-stacks/engine.env")"
body="$(jq --null-input --arg model "$SERVED_NAME" '{model: $model, prompt: "Hello", max_tokens: 1}')"
# The key goes in by a pipe, because everyone may read the list of processes.
printf 'Authorization: Bearer %s\n' "$key" |
  curl --silent --fail --max-time 60 --header @- --header 'Content-Type: application/json' --data "$body" "$url/v1/completions" |
  jq --exit-status '.choices | length > 0' >/dev/null
LLM_STACKS_FILE
put /opt/llm-stacks/running 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# How many requests the engine runs or keeps waiting. An engine that does not answer runs none.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

metrics="$(curl --silent --fail --max-time 5 "http://127.0.0.1:$PORT/metrics")" || {
  echo 0
  exit 0
}
awk '/^vllm:num_requests_(running|waiting)[{ ]/ { sum += $NF } END { printf "%d\n", sum }' <<<"$metrics"
LLM_STACKS_FILE
put /opt/llm-stacks/unhealthy 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Has Auto Scaling replace this instance: systemd has given the engine up.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

id="$(retry 5 imds instance-id)" || die "the instance metadata gives no instance id; Auto Scaling can't be told"
log "the engine ended again and again; Auto Scaling is asked for another instance"
retry 5 aws autoscaling set-instance-health --health-status Unhealthy --no-should-respect-grace-period --instance-id "$id"
LLM_STACKS_FILE
put /etc/systemd/system/vllm.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=vLLM inference engine
After=docker.service network-online.target
Requires=docker.service
Wants=network-online.target
StartLimitIntervalSec=1800
StartLimitBurst=5
# Where a load balancer watches, it is quicker; elsewhere nobody else would tell.
OnFailure=llm-unhealthy.service

[Service]
ExecStartPre=/opt/llm-stacks/weights
ExecStart=/opt/llm-stacks/engine
ExecStop=/usr/bin/docker stop --time 30 vllm
Restart=always
RestartSec=10
TimeoutStartSec=3600
TimeoutStopSec=60
StandardOutput=append:/var/log/llm-stacks/engine.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
LLM_STACKS_FILE
put /etc/systemd/system/llm-unhealthy.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Has Auto Scaling replace this instance
After=network-online.target

[Service]
Type=oneshot
ExecStart=/opt/llm-stacks/unhealthy
StandardOutput=append:/var/log/llm-stacks/watch.log
StandardError=inherit
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
