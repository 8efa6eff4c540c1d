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
