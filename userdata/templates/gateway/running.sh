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
