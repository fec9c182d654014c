#!/usr/bin/env bash
# Only what the job needs. A release carries the bundle, so that a plan on AWS needs Node alone; a branch has to build it. Load needs k6, and
# the sandbox all tools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

# What is copied to another server may be a part of the repository.
setup() {
  if [ ! -f scripts/setup.mjs ]; then
    echo "::error title=albedo::this copy of albedo has no scripts/setup.mjs: a load test needs the folder scripts beside .github and action, a sandbox the whole repository"
    exit 1
  fi
  node scripts/setup.mjs --quiet "$@"
}

if [ "${SANDBOX:-false}" = true ]; then
  # On a hosted runner, only root may install packages, and sudo asks for no password.
  if ! PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v haproxy >/dev/null && command -v apt-get >/dev/null; then
    sudo apt-get update -qq
    sudo apt-get install -y -qq --no-install-recommends haproxy
  fi
  setup
  exit
fi
if [ ! -f action/dist/main.js ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  node scripts/build.mjs
fi
if [ "${LOAD:-false}" = true ]; then setup --only k6; fi
