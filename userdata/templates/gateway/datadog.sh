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
