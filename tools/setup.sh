#!/usr/bin/env bash
# Gets a fresh Debian or Ubuntu machine ready for `make`: `setup.sh python` for lint, `setup.sh machine` for tests and demo.
# Quick when there is nothing to do, so every make target may call it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # where Debian keeps sshd and dockerd, out of a normal user's PATH
PATH=${PATH//"$PWD/.venv/bin:"/} # make puts it first, and a .venv cannot be made anew with its own Python

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  command -v apt-get >/dev/null || fail "missing: $*" "This is no Debian or Ubuntu: install them by hand, then run make again."
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || fail "missing: $*" "Install them as root, then run make again."
  printf 'setup: installing %s\n' "$*"
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$@" >/dev/null
}

exists_in_apt() {
  [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)/\1/p')" ]
}

# The first Python that is new enough and can make a virtual environment.
find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

ensure_python() {
  find_python && return
  local packages=(python3 python3-venv)
  if command -v python3 >/dev/null && ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    packages=(python3.11 python3.11-venv) # Ubuntu 22.04, whose own python3 is 3.10
  fi
  install_packages ca-certificates "${packages[@]}" >&2
  find_python || fail "no Python 3.11 or newer was found" "Install one, with its venv module, and run make again."
}

# .venv is remade whenever the lock file is not the one it was made from.
ensure_venv() {
  local digest python
  digest=$(sha256sum requirements/dev.txt | cut -d' ' -f1)
  if [ "$(cat .venv/.lock-digest 2>/dev/null)" = "$digest" ] && .venv/bin/python -c '' 2>/dev/null; then return; fi
  python=$(ensure_python)
  printf 'setup: making .venv with %s\n' "$("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements/dev.txt
  printf '%s\n' "$digest" >.venv/.lock-digest
}

# What the box and the e2e tests run on this machine.
ensure_machine() {
  local missing=()
  command -v dockerd >/dev/null || missing+=(docker.io)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  command -v sshd >/dev/null || missing+=(openssh-server)
  command -v ssh-keygen >/dev/null || missing+=(openssh-client)
  command -v curl >/dev/null || missing+=(curl)
  command -v git >/dev/null || missing+=(git)
  command -v ps >/dev/null || missing+=(procps)
  [ "${#missing[@]}" -eq 0 ] || install_packages ca-certificates "${missing[@]}"
  # From Debian 13 on the client and its BuildKit are packages of their own.
  missing=()
  command -v docker >/dev/null || missing+=(docker-cli)
  if command -v docker >/dev/null && ! builds_with_buildkit && exists_in_apt docker-buildx; then missing+=(docker-buildx); fi
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

# buildx, or a client older than 23, which has BuildKit inside; a second client further down PATH counts as well.
builds_with_buildkit() {
  local client version
  while read -r client; do
    if "$client" buildx version >/dev/null 2>&1; then return; fi
    version=$("$client" version --format '{{.Client.Version}}' 2>/dev/null || true)
    if [[ $version =~ ^([0-9]+)\. ]] && [ "${BASH_REMATCH[1]}" -lt 23 ]; then return; fi
  done < <(type -ap docker)
  return 1
}

case "${1:-}" in
  python) ensure_venv ;;
  machine)
    ensure_venv # not joined by &&, which would switch `set -e` off inside
    ensure_machine
    ;;
  *) fail "usage: tools/setup.sh python|machine" ;;
esac
