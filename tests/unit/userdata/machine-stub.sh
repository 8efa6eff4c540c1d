#!/bin/bash
# Stands in for the programs of an instance; its name says for which. Notes each call, then answers from $STATE.
name="${0##*/}"
line="$name $*"
line="${line//$'\n'/ }"
[ "$name" = sleep ] || printf '%s\n' "$line" >>"$STATE/commands"
if [ -n "$FAILING" ] && [[ "$line" =~ $FAILING ]]; then
  echo "$name: made to fail" >&2
  exit 1
fi

output=""
url=""
previous=""
for argument in "$@"; do
  [ "$previous" = --output ] && output="$argument"
  case "$argument" in http://* | https://*) url="$argument" ;; esac
  previous="$argument"
done
answer() { if [ -n "$output" ]; then cat >"$output"; else cat; fi; }
known() { [ -f "$STATE/$1" ] && cat "$STATE/$1"; }
# taken NAME: counts down a number of times that something still fails.
taken() {
  local left
  left="$(known "$1")" || return 1
  ((left > 0)) || return 1
  echo "$((left - 1))" >"$STATE/$1"
}

case "$name" in
  curl)
    case "$url" in
      */latest/api/token) echo token ;;
      */meta-data/instance-id) echo i-0123456789abcdef0 ;;
      */meta-data/autoscaling/target-lifecycle-state)
        # Each line is one reading; the last one stays.
        [ -s "$STATE/lifecycle" ] || exit 22
        read -r first <"$STATE/lifecycle"
        echo "$first"
        if (("$(wc -l <"$STATE/lifecycle")" > 1)); then sed -i 1d "$STATE/lifecycle"; fi
        ;;
      */meta-data/spot/instance-action) known spot || exit 22 ;;
      */v1/completions)
        cat >"$STATE/headers"
        echo '{"choices":[{"text":" world"}]}'
        ;;
      */health) if taken unhealthy; then exit 7; fi ;;
      */metrics)
        [ -s "$STATE/metrics" ] || exit 7
        cat "$STATE/metrics"
        if taken metrics-readings; then :; elif [ -f "$STATE/metrics-later" ]; then mv "$STATE/metrics-later" "$STATE/metrics"; fi
        ;;
      */api/version) echo '{"version":"0.20.3"}' | answer ;;
      */api/tags) printf '{"models":[{"name":"phi3:mini","digest":"%s"}]}\n' "$(known model || true)" ;;
      */api/pull) known library | cat >"$STATE/model" ;;
      */api/delete) rm -f "$STATE/model" ;;
      */api/generate) echo '{"done":true,"total_duration":1500000000,"load_duration":250000000}' ;;
      */api/models/*) known hub-tree | answer ;;
      https://huggingface.co/*/resolve/*) if [ -f "$STATE/hub/${url##*/}" ]; then answer <"$STATE/hub/${url##*/}"; else exit 22; fi ;;
      *.tar.zst) known archive | answer ;;
      *) echo "$url" | answer ;;
    esac
    ;;
  aws)
    case "$*" in
      "s3 cp "*)
        source="${*: -2:1}"
        if [ -f "$STATE/bucket/${source##*/}" ]; then cat "$STATE/bucket/${source##*/}" >"${*: -1}"; else exit 1; fi
        ;;
      "dynamodb update-item "*condition*)
        if [ -f "$STATE/taken-over" ]; then
          echo "An error occurred (ConditionalCheckFailedException): The conditional request failed" >&2
          exit 254
        fi
        ;;
      "dynamodb get-item "*) known item || echo '{}' ;;
      "s3api put-object "*)
        while [ "$1" != --body ]; do shift; done
        cp "$2" "$STATE/saved-archive"
        echo version-2
        ;;
      "s3api get-object "*) cp "$STATE/saved-archive" "${*: -1}" ;;
      "autoscaling describe-auto-scaling-groups "*) known in-service || true ;;
      "ec2 describe-instances "*) for id in ${*:4}; do case "$id" in i-*) known "address-$id" ;; esac; done ;;
      "secretsmanager get-secret-value "*) echo d4t4d0g-k3y ;;
      "ssm get-parameter "*) known parameter || echo s3cret ;;
      "autoscaling complete-lifecycle-action "*)
        if [ -f "$STATE/no-hook" ]; then
          echo "An error occurred (ValidationError): No active Lifecycle Action found with instance ID i-0123456789abcdef0" >&2
          exit 254
        fi
        ;;
    esac
    ;;
  apt-get)
    case "$*" in *install*datadog-agent*) mkdir -p "$ROOT/opt/datadog-agent" ;; esac
    case "$*" in *install*docker.io*) ln -sf "$(dirname "$0")/curl" "$(dirname "$0")/docker" ;; esac
    ;;
  dpkg)
    case "$1" in
      --print-architecture) echo amd64 ;;
      --install)
        mkdir -p "$ROOT/opt/aws/amazon-cloudwatch-agent/bin"
        ln -sf "$(dirname "$0")/curl" "$ROOT/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
        ;;
    esac
    ;;
  amazon-cloudwatch-agent-ctl) touch "$STATE/active-amazon-cloudwatch-agent.service" ;;
  gpg)
    case "$*" in
      *--export*) known datadog-signer || echo key ;;
      *--verify*) echo "[GNUPG:] VALIDSIG 0000 2026-01-01 0 0 4 0 1 8 00 $(known signer || echo 937616F3450B7D806CBD9725D58167303B789C72)" ;;
    esac
    ;;
  id)
    case "$*" in
      "--user --name") echo root ;;
      *) [ -f "$STATE/user-$1" ] ;;
    esac
    ;;
  useradd) touch "$STATE/user-${*: -1}" ;;
  nvidia-smi) echo "GPU 0: NVIDIA A10G" ;;
  docker)
    case "$*" in
      "image inspect "*) [ -f "$STATE/image" ] ;;
      "pull "*) touch "$STATE/image" ;;
      "info "*) echo '{"nvidia":{},"runc":{}}' ;;
      "login "*) cat >/dev/null ;;
    esac
    ;;
  snap)
    case "$1" in
      list) [ -f "$STATE/snap" ] ;;
      install)
        mkdir -p "$ROOT/snap/$2/current/bin"
        ln -sf "$(dirname "$0")/curl" "$ROOT/snap/$2/current/bin/$2"
        touch "$STATE/snap" "$STATE/active-snap.ollama.listener.service" "$STATE/enabled-snap.ollama.listener.service"
        ;;
      get) known "snap-$3" ;;
      set) printf '%s\n' "${3#*=}" >"$STATE/snap-${3%%=*}" ;;
    esac
    ;;
  sqlite3)
    backup="${*: -1}"
    backup="${backup#.backup \'}"
    cp "$1" "${backup%\'}"
    ;;
  sshd)
    case "$1" in
      -t) [ ! -f "$STATE/sshd-broken" ] ;;
      -T) if grep -qx 'PasswordAuthentication no' "$ROOT"/etc/ssh/sshd_config.d/*; then echo "passwordauthentication no"; else echo "passwordauthentication yes"; fi ;;
    esac
    ;;
  fallocate | mkswap) touch "${*: -1}" ;;
  tar)
    mkdir -p "${*: -1}/bin"
    ln -sf "$(dirname "$0")/curl" "${*: -1}/bin/ollama"
    ;;
  systemctl)
    unit="${*: -1}"
    file="$ROOT/etc/systemd/system/$unit"
    case "$1" in
      is-active) [ -f "$STATE/active-$unit" ] ;;
      is-enabled) [ -f "$STATE/enabled-$unit" ] ;;
      is-failed) [ -f "$STATE/failed-$unit" ] ;;
      show)
        known "state-$unit" || echo inactive
        if [ -f "$STATE/state-$unit" ] && grep -qx deactivating "$STATE/state-$unit" && ! taken streams; then rm "$STATE/state-$unit"; fi
        ;;
      stop) if [ -f "$STATE/state-$unit" ]; then echo deactivating >"$STATE/state-$unit"; fi ;;
      enable) touch "$STATE/enabled-$unit" ;;
      start | restart)
        # The watcher runs until the end; the others' programs are stubs that come back at once.
        if [ -f "$file" ] && [ "$unit" != llm-watch.service ]; then
          while read -r program; do "$ROOT$program" || exit 1; done < <(sed -n 's/^ExecStart\(Pre\)\{0,1\}=//p' "$file")
        fi
        if ! grep -q '^Type=oneshot' "$file" 2>/dev/null; then touch "$STATE/active-$unit"; fi
        ;;
    esac
    ;;
esac
