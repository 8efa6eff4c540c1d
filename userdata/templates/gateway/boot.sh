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
