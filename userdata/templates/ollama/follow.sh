#!/bin/bash
# Ollama's journal as a file, because the CloudWatch agent reads files, and a confined snap can't write one of ours.
set -euo pipefail
exec journalctl --follow --lines=0 --output=short-iso --unit=snap.ollama.listener.service --unit=ollama.service
