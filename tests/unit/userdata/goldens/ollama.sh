#!/bin/bash
# Serves a language model with Ollama and Open WebUI.
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
GROUP_NAME='ollama-engines-dev'
LAUNCH_HOOK='ollama-engines-launch'
TERMINATION_HOOK='ollama-engines-end'
METRICS_NAMESPACE='ollama'
HEALTH_TIMEOUT_SECONDS='900'
DRAIN_SECONDS='120'
SWAP_GIB='4'
ENGINE_UNITS='snap.ollama.listener.service ollama.service web-ui.service'
MODEL='phi3:mini'
MODEL_DIGEST='dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd'
SNAP_CHANNEL='latest/stable'
ARCHIVE_VERSION='0.20.3'
ARCHIVE_SHA256='eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'
PORT='11434'
WEB_UI_IMAGE='ghcr.io/open-webui/open-webui@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'
WEB_UI_PORT='8080'
CONTEXT_TOKENS='4096'
PARALLEL_REQUESTS='2'
SECRET_KEY_PARAMETER='/ollama/dev/web-ui-secret-key'
ADMIN_EMAIL='ops@example.com'
ADMIN_PASSWORD_PARAMETER='/ollama/dev/admin-password'
WEB_UI_URL='https://chat.example.com'
DATABASE_URL_PARAMETER=''
BACKUP_BUCKET='ollama-storage-dev-1a2b3c4d'
BACKUP_TABLE='ollama-data-table-dev'
declare -p REGION GROUP_NAME LAUNCH_HOOK TERMINATION_HOOK METRICS_NAMESPACE HEALTH_TIMEOUT_SECONDS DRAIN_SECONDS SWAP_GIB ENGINE_UNITS MODEL MODEL_DIGEST SNAP_CHANNEL ARCHIVE_VERSION ARCHIVE_SHA256 PORT WEB_UI_IMAGE WEB_UI_PORT CONTEXT_TOKENS PARALLEL_REQUESTS SECRET_KEY_PARAMETER ADMIN_EMAIL ADMIN_PASSWORD_PARAMETER WEB_UI_URL DATABASE_URL_PARAMETER BACKUP_BUCKET BACKUP_TABLE | put /etc/llm-stacks/settings 0644
# shellcheck disable=SC2016
printf '%s\n' '{
 "agent": {
  "metrics_collection_interval": 60,
  "omit_hostname": true
 },
 "metrics": {
  "namespace": "ollama",
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
     "AutoScalingGroupName": "ollama-engines-dev"
    }
   },
   "swap": {
    "measurement": [
     "used_percent"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "ollama-engines-dev"
    }
   },
   "disk": {
    "measurement": [
     "used_percent"
    ],
    "metrics_collection_interval": 60,
    "append_dimensions": {
     "AutoScalingGroupName": "ollama-engines-dev"
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
      "log_group_name": "/aws/ec2/ollama-service",
      "log_stream_name": "{instance_id}/boot"
     },
     {
      "file_path": "/var/log/llm-stacks/ready.log",
      "log_group_name": "/aws/ec2/ollama-service",
      "log_stream_name": "{instance_id}/ready"
     },
     {
      "file_path": "/var/log/llm-stacks/watch.log",
      "log_group_name": "/aws/ec2/ollama-service",
      "log_stream_name": "{instance_id}/watch"
     },
     {
      "file_path": "/var/log/llm-stacks/ollama.log",
      "log_group_name": "/aws/ec2/ollama-service",
      "log_stream_name": "{instance_id}/ollama"
     },
     {
      "file_path": "/var/log/llm-stacks/probe.log",
      "log_group_name": "/aws/ec2/ollama-service",
      "log_stream_name": "{instance_id}/probe"
     },
     {
      "file_path": "/var/log/llm-stacks/backup.log",
      "log_group_name": "/aws/ec2/ollama-service",
      "log_stream_name": "{instance_id}/backup"
     },
     {
      "file_path": "/var/log/llm-stacks/web-ui.log",
      "log_group_name": "/aws/ec2/ollama-app",
      "log_stream_name": "{instance_id}/web-ui"
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
# Ollama from the release archive, where there is no snap of it.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

export OLLAMA_HOST="0.0.0.0:$PORT" OLLAMA_KEEP_ALIVE=-1 OLLAMA_NO_CLOUD=1
# Who may call is the load balancer's to say; Ollama would refuse pages of the distribution itself.
export OLLAMA_ORIGINS="*" OLLAMA_CONTEXT_LENGTH="$CONTEXT_TOKENS" OLLAMA_NUM_PARALLEL="$PARALLEL_REQUESTS"
exec "$ROOT/opt/ollama-$ARCHIVE_VERSION/bin/ollama" serve
LLM_STACKS_FILE
put /opt/llm-stacks/follow 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Ollama's journal as a file, because the CloudWatch agent reads files, and a confined snap can't write one of ours.
set -euo pipefail
exec journalctl --follow --lines=0 --output=short-iso --unit=snap.ollama.listener.service --unit=ollama.service
LLM_STACKS_FILE
put /opt/llm-stacks/web-ui 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Runs Open WebUI in the foreground; systemd restarts it.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

docker rm --force web-ui >/dev/null 2>&1 || true
exec docker run --rm --name web-ui --pull never --log-driver none --security-opt no-new-privileges \
  --publish "$WEB_UI_PORT:8080" --add-host host.docker.internal:host-gateway \
  --env-file "$ROOT/etc/llm-stacks/web-ui.env" --volume "$ROOT/var/lib/llm-stacks/web-ui:/app/backend/data" "$WEB_UI_IMAGE"
LLM_STACKS_FILE
put /opt/llm-stacks/generate 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Makes one token and prints Ollama's answer with its times.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

body="$(jq --null-input --arg model "$MODEL" '{model: $model, prompt: "Hello", stream: false, options: {num_predict: 1}}')"
curl --silent --fail --max-time 300 --header 'Content-Type: application/json' --data "$body" "http://127.0.0.1:$PORT/api/generate"
LLM_STACKS_FILE
put /opt/llm-stacks/probe 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Ollama has no metrics of its own: this measures one token a minute and sends how long it and the model's loading took.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

if answer="$("$STACK/generate")"; then
  data="$(jq --compact-output --arg group "$GROUP_NAME" '
    [{Name: "AutoScalingGroupName", Value: $group}] as $dimensions
    | [["InferenceLatency", .total_duration], ["ModelLoadTime", .load_duration]]
    | map({MetricName: .[0], Dimensions: $dimensions, Unit: "Milliseconds", Value: ((.[1] // 0) / 1000000)})' <<<"$answer")"
else
  log "Ollama did not make a token"
  data="$(jq --null-input --compact-output --arg group "$GROUP_NAME" \
    '[{MetricName: "InferenceFailures", Dimensions: [{Name: "AutoScalingGroupName", Value: $group}], Unit: "Count", Value: 1}]')"
fi
aws cloudwatch put-metric-data --namespace "$METRICS_NAMESPACE" --metric-data "$data"
LLM_STACKS_FILE
put /opt/llm-stacks/health 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Whether Ollama makes a token with the model, and Open WebUI answers.
set -euo pipefail
ROOT="${ROOT:-}"
# shellcheck source=/dev/null
. "$ROOT/opt/llm-stacks/lib.sh"

"$STACK/generate" | jq --exit-status '.done' >/dev/null
curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$WEB_UI_PORT/health"
LLM_STACKS_FILE
put /opt/llm-stacks/running 0755 <<'LLM_STACKS_FILE'
#!/bin/bash
# Ollama does not tell how many requests it runs, so all the time that the load balancer drains is given.
echo unknown
LLM_STACKS_FILE
put /opt/llm-stacks/restore 0755 <<'LLM_STACKS_FILE'
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
LLM_STACKS_FILE
put /opt/llm-stacks/backup 0755 <<'LLM_STACKS_FILE'
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
LLM_STACKS_FILE
put /etc/systemd/system/ollama.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Ollama
After=network-online.target
Wants=network-online.target

[Service]
User=ollama
Group=ollama
ExecStart=/opt/llm-stacks/serve
Restart=always
RestartSec=5
LimitNOFILE=65536
NoNewPrivileges=true

[Install]
WantedBy=multi-user.target
LLM_STACKS_FILE
put /etc/systemd/system/ollama-log.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Ollama's journal as a file

[Service]
ExecStart=/opt/llm-stacks/follow
Restart=always
RestartSec=5
StandardOutput=append:/var/log/llm-stacks/ollama.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
LLM_STACKS_FILE
put /etc/systemd/system/web-ui.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Open WebUI
After=docker.service network-online.target
Requires=docker.service
Wants=network-online.target
StartLimitIntervalSec=1800
StartLimitBurst=5

[Service]
ExecStart=/opt/llm-stacks/web-ui
ExecStop=/usr/bin/docker stop --time 30 web-ui
Restart=always
RestartSec=10
TimeoutStopSec=60
StandardOutput=append:/var/log/llm-stacks/web-ui.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
LLM_STACKS_FILE
put /etc/systemd/system/llm-probe.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Measures one token

[Service]
Type=oneshot
ExecStart=/opt/llm-stacks/probe
TimeoutStartSec=330
StandardOutput=append:/var/log/llm-stacks/probe.log
StandardError=inherit
LLM_STACKS_FILE
put /etc/systemd/system/llm-probe.timer 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Measures one token a minute

[Timer]
OnActiveSec=60
OnUnitActiveSec=60

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
put /etc/systemd/system/llm-backup.service 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Saves Open WebUI's data

[Service]
Type=oneshot
ExecStart=/opt/llm-stacks/backup
Nice=19
IOSchedulingClass=idle
TimeoutStartSec=1800
StandardOutput=append:/var/log/llm-stacks/backup.log
StandardError=inherit
LLM_STACKS_FILE
put /etc/systemd/system/llm-backup.timer 0644 <<'LLM_STACKS_FILE'
[Unit]
Description=Saves Open WebUI's data every five minutes

[Timer]
OnActiveSec=300
OnUnitActiveSec=300

[Install]
WantedBy=timers.target
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

# The snap where snapd is, held at the channel of the config; else the release archive, checked.
install_ollama() {
  if command -v snap >/dev/null; then
    install_ollama_snap
  elif [ -n "$ARCHIVE_VERSION" ]; then
    install_ollama_archive
  else
    die "snapd is absent and the config names no release archive of Ollama; set archive, or use an Ubuntu AMI"
  fi
}

install_ollama_snap() {
  local pair
  snap wait system seed.loaded
  if ! snap list ollama >/dev/null 2>&1; then
    retry 5 snap install ollama --channel="$SNAP_CHANNEL"
    # All instances of a fleet run one version until the config says otherwise.
    snap refresh --hold ollama
  fi
  # Who may call is the load balancer's to say; Ollama would refuse pages of the distribution itself.
  for pair in "host=0.0.0.0:$PORT" keep-alive=-1 no-cloud=1 'origins=*' \
    "context-length=$CONTEXT_TOKENS" "num-parallel=$PARALLEL_REQUESTS"; do
    if [ "$(snap get ollama "${pair%%=*}" 2>/dev/null)" != "${pair#*=}" ]; then snap set ollama "$pair"; fi
  done
  start_service snap.ollama.listener.service
}

install_ollama_archive() {
  local folder="$ROOT/opt/ollama-$ARCHIVE_VERSION" architecture base file="$ROOT/var/lib/llm-stacks/ollama.archive"
  if [ ! -x "$folder/bin/ollama" ]; then
    install_packages zstd=zstd
    architecture="$(dpkg --print-architecture)"
    base="https://github.com/ollama/ollama/releases/download/v$ARCHIVE_VERSION/ollama-linux-$architecture"
    local get=(curl --silent --show-error --fail --location --retry 5 --retry-connrefused --output "$file")
    # Older releases are packed with gzip. The checksum decides, whichever it is.
    mkdir --parents "${file%/*}"
    "${get[@]}" "$base.tar.zst" || "${get[@]}" "$base.tgz"
    printf '%s  %s\n' "$ARCHIVE_SHA256" "$file" | sha256sum --check --status || {
      rm --force "$file"
      die "the release archive of Ollama $ARCHIVE_VERSION for $architecture is not the one that the config names by checksum"
    }
    mkdir --parents "$folder.part"
    tar --extract --file "$file" --directory "$folder.part"
    mv "$folder.part" "$folder"
    rm --force "$file"
  fi
  if ! id ollama >/dev/null 2>&1; then
    useradd --system --shell /usr/sbin/nologin --create-home --home-dir /var/lib/ollama ollama
  fi
  start_service ollama.service /etc/systemd/system/ollama.service /opt/llm-stacks/serve /etc/llm-stacks/settings
}

# digest_of_model: what Ollama says the model's content is; nothing where it has none.
digest_of_model() {
  curl --silent --fail --max-time 10 "http://127.0.0.1:$PORT/api/tags" |
    jq --raw-output --arg model "$MODEL" '.models[] | select(.name == $model) | .digest'
}

ollama_answers() {
  curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$PORT/api/version"
}

# Tags of Ollama's library move, and a pull takes no digest: so it is compared after the pull, before anyone may ask.
pull_model() {
  local request found
  retry 8 ollama_answers || die "Ollama does not answer on port $PORT; see $LOGS/ollama.log"
  request="$(jq --null-input --arg model "$MODEL" '{model: $model, stream: false}')"
  if [ "$(digest_of_model)" != "$MODEL_DIGEST" ]; then
    retry 3 curl --silent --show-error --fail --max-time 3600 --output /dev/null --data "$request" "http://127.0.0.1:$PORT/api/pull"
  fi
  found="$(digest_of_model)"
  if [ "$found" != "$MODEL_DIGEST" ]; then
    curl --silent --fail --max-time 30 --output /dev/null --request DELETE --data "$request" "http://127.0.0.1:$PORT/api/delete" ||
      log "the wrong model could not be removed"
    die "the model $MODEL has the digest ${found:-none}, and the config names $MODEL_DIGEST; look at what changed, then set model.digest"
  fi
}

# https://docs.openwebui.com/reference/env-configuration/
write_web_ui_env() {
  local key password database=""
  key="$(parameter "$SECRET_KEY_PARAMETER")"
  password="$(parameter "$ADMIN_PASSWORD_PARAMETER")"
  if [ -n "$DATABASE_URL_PARAMETER" ]; then database="$(parameter "$DATABASE_URL_PARAMETER")"; fi
  {
    printf 'WEBUI_SECRET_KEY=%s\n' "$key"
    # Made where there is no account yet. Without it, whoever signs up first would be the administrator.
    printf 'WEBUI_ADMIN_EMAIL=%s\nWEBUI_ADMIN_PASSWORD=%s\nENABLE_SIGNUP=False\n' "$ADMIN_EMAIL" "$password"
    printf 'OLLAMA_BASE_URL=http://host.docker.internal:%s\n' "$PORT"
    printf '%s\n' WEBUI_AUTH=True ENABLE_OPENAI_API=False ANONYMIZED_TELEMETRY=False DO_NOT_TRACK=1
    # Browsers come over HTTPS alone, through the distribution.
    printf '%s\n' WEBUI_SESSION_COOKIE_SECURE=True WEBUI_AUTH_COOKIE_SECURE=True
    if [ -n "$WEB_UI_URL" ]; then printf 'WEBUI_URL=%s\nCORS_ALLOW_ORIGIN=%s\n' "$WEB_UI_URL" "$WEB_UI_URL"; fi
    if [ -n "$database" ]; then printf 'DATABASE_URL=%s\nVECTOR_DB=pgvector\n' "$database"; fi
  } | put /etc/llm-stacks/web-ui.env 0600
}

# From here on this instance's backups count, and not those of the one that it takes the place of.
take_over() {
  if [ -n "$DATABASE_URL_PARAMETER" ]; then return; fi
  local values
  values="$(jq --null-input --compact-output --arg me "$(retry 5 imds instance-id)" '{":me": {S: $me}}')"
  retry 5 aws dynamodb update-item --table-name "$BACKUP_TABLE" --key '{"id":{"S":"web-ui"}}' \
    --update-expression 'SET holder = :me' --expression-attribute-values "$values"
}

step "ssh: keys only" harden_ssh
step "swap" make_swap
step "packages" install_packages jq=jq curl=curl gpg=gnupg docker=docker.io sqlite3=sqlite3
step "aws cli" install_aws_cli
step "logs and metrics" start_agent
step "units" reload_units
step "watch for the end" start_service llm-watch.service /opt/llm-stacks/watch /opt/llm-stacks/lib.sh /etc/llm-stacks/settings
step "ollama's log" start_service ollama-log.service /opt/llm-stacks/follow /etc/systemd/system/ollama-log.service
step "ollama" install_ollama
step "model" pull_model
step "open webui's key" write_web_ui_env
step "open webui's image" pull_image "$WEB_UI_IMAGE"
step "open webui's data" "$STACK/restore"
step "open webui" start_service web-ui.service /opt/llm-stacks/web-ui /etc/llm-stacks/settings /etc/llm-stacks/web-ui.env /etc/systemd/system/web-ui.service
if ! systemctl is-enabled --quiet llm-ready.service; then systemctl enable llm-ready.service; fi
step "health gate" systemctl start llm-ready.service
step "take over" take_over
step "backups" start_service llm-backup.timer /etc/systemd/system/llm-backup.timer
step "inference metrics" start_service llm-probe.timer /etc/systemd/system/llm-probe.timer
