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
