#!/bin/sh
# Brings the machine to what this release says. May be run again at any time: it changes what is different and restarts what that touches.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
read_deployment
: "${METRICS_NAMESPACE:?is missing in deployment.env}" "${LOG_GROUP:?is missing in deployment.env}"

mkdir -p "$root/models" "$root/sessions" "$root/certbot" "$logs" "$state"
chown 10001:10001 "$root/sessions"
chmod 700 "$root/sessions"
chmod 755 "$root/models"

say "variables: $("$root/bin/write-env")"
"$root/bin/download-models"

# The CloudWatch agent reads no environment, so its names are put in here.
sed -e "s|METRICS_NAMESPACE|$METRICS_NAMESPACE|" -e "s|LOG_GROUP|$LOG_GROUP|" "$root/cloudwatch-agent.json" > "$etc/cloudwatch-agent.json"
"$system/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:$etc/cloudwatch-agent.json" > /dev/null

install -m 644 "$root/logrotate.d/afirgen" "$system/etc/logrotate.d/afirgen"
install -m 644 "$root/cron.d/afirgen" "$system/etc/cron.d/afirgen"
install -m 644 "$root/systemd/afirgen-oom-reporter.service" "$system/etc/systemd/system/afirgen-oom-reporter.service"
systemctl daemon-reload
systemctl enable --quiet afirgen-oom-reporter.service
systemctl restart afirgen-oom-reporter.service

"$root/bin/write-site"
ASR_OCR_VERSION=$(cat "$root"/asr-ocr/* | sha256sum | cut -c 1-12)
OCR_BASE_URL=$(env_value OCR_BASE_URL)
export ASR_OCR_VERSION OCR_BASE_URL
docker image inspect "afirgen/asr-ocr:$ASR_OCR_VERSION" > /dev/null 2>&1 || compose build --quiet asr-ocr-server
printf "ASR_OCR_VERSION=%s\nOCR_BASE_URL=%s\n" "$ASR_OCR_VERSION" "$OCR_BASE_URL" > "$root/.env"

# The bundle is a mounted file: a new one is seen by a new process only.
bundle=$(sha256sum < "$root/backend.cjs")
compose up --detach --remove-orphans --quiet-pull
if [ "$bundle" != "$(cat "$state/bundle" 2> /dev/null)" ]; then
  compose restart backend
  echo "$bundle" > "$state/bundle"
fi
compose exec -T nginx nginx -s reload 2> /dev/null || true

if [ -n "${DOMAIN_NAME:-}" ] && [ ! -e "$system/etc/letsencrypt/live/$DOMAIN_NAME/fullchain.pem" ]; then
  # Fails while the name does not point here yet; cron tries again.
  "$root/bin/certificate" || say "there is no certificate yet: $DOMAIN_NAME must point to this machine; it is tried again each night"
fi
say "installed"
