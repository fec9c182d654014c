#!/usr/bin/env bash
# A release carries the bundle; a branch has to build it. The sandbox and k6 need the other tools too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

if [ "${EVERYTHING:-false}" = true ]; then
  # On a hosted runner, only root may install packages, and sudo asks for no password.
  if ! PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v haproxy >/dev/null && command -v apt-get >/dev/null; then
    sudo apt-get update -qq
    sudo apt-get install -y -qq --no-install-recommends haproxy
  fi
  node scripts/setup.mjs --quiet
elif [ ! -f action/dist/main.js ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  node scripts/build.mjs
fi
