#!/usr/bin/env bash
# Finds a Python that is new enough, installs what requirements/runtime.txt locks into a virtual environment of the job's own, and
# tells its path to the next step. A second use in the same job finds the environment ready.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
lock=$here/requirements/runtime.txt
folder=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/bluegreen-action

fail() { # EXIT_CODE TITLE TEXT…
  local code=$1 title=$2
  shift 2
  if [[ ${GITHUB_ACTIONS:-} == true ]]; then
    local text
    text=$(printf '%s\n' "$@")
    text=${text//'%'/%25}
    printf '::error title=%s::%s\n' "$title" "${text//$'\n'/%0A}"
  else
    printf '%s\n' "$title:" "$@" >&2
  fi
  exit "$code"
}

# Newest first within the tool cache; what the job itself put on PATH comes before everything.
candidates() {
  printf '%s\n' python3 python python3.14 python3.13 python3.12 python3.11
  local cache=${RUNNER_TOOL_CACHE:-${AGENT_TOOLSDIRECTORY:-}}
  if [[ -n $cache && -d $cache/Python ]]; then
    find "$cache/Python" -mindepth 4 -maxdepth 4 -path '*/bin/python3' 2>/dev/null | sort --version-sort --reverse
  fi
}

usable() { # PYTHON: is it new enough, and can it make environments and fill them?
  "$1" -I -c '
import importlib.util, sys, venv
sys.exit(sys.version_info < (3, 11) or not (importlib.util.find_spec("pip") or importlib.util.find_spec("ensurepip")))
' >/dev/null 2>&1
}

# Sets $log. The Python's own pip saves installing another one; packages are compiled when they are first used.
fill() {
  local site pip=$python target=()
  if "$python" -I -c 'import pip' 2>/dev/null; then
    log=$("$python" -I -m venv --without-pip -- "$venv" 2>&1) || return
    site=$("$venv/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    target=(--target "$site")
  else
    log=$("$python" -I -m venv -- "$venv" 2>&1) || return
    pip=$venv/bin/python
  fi
  # The lock is complete, so nothing is left to resolve; wheels only, so nothing is built here.
  log=$(PIP_USER=0 "$pip" -I -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: --no-compile \
    --require-hashes --retries 2 --timeout 15 --requirement "$lock" "${target[@]}" 2>&1)
}

no_network='NewConnectionError|ConnectTimeout|name resolution|Name or service not known|ConnectionError|ReadTimeout|unreachable|Connection refused|ProxyError'

errors() {
  grep -E '^ERROR|^Error' <<<"$log" | head -n 3 || tail -n 3 <<<"$log"
}

python=
while IFS= read -r candidate; do
  if path=$(command -v -- "$candidate") && usable "$path"; then
    python=$path
    break
  fi
done < <(candidates)
if [[ -z $python ]]; then
  fail 2 'Python 3.11 or newer is needed' \
    "This runner has none that can make virtual environments (python3 here: $(python3 --version 2>&1 || true))." \
    'Add a step before this one:  - uses: actions/setup-python@v5  with:  { python-version: "3.12" }' \
    'On a Debian or Ubuntu runner of your own: apt-get install python3-venv.'
fi

key=$("$python" -I -c '
import hashlib, pathlib, sys
print(hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes() + sys.version.encode() + sys.executable.encode()).hexdigest()[:16])
' "$lock")
venv=$folder/$key

if [[ ! -e $venv/ready ]]; then
  rm -rf -- "$venv"
  mkdir -p -- "$folder"
  if ! fill; then
    if grep -qiE "$no_network" <<<"$log"; then
      fail 3 'No network' 'The Python packages that bluegreen-action needs could not be downloaded: the package index does not answer.' \
        'Behind a proxy? Set HTTPS_PROXY, or PIP_INDEX_URL for a mirror, in the job. The host was not contacted.' \
        "$(grep -iE "$no_network" <<<"$log" | head -n 1)"
    fi
    fail 2 'Installation failed' "What $lock locks could not be installed into $venv:" "$(errors)"
  fi
  : >"$venv/ready"
fi

if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  printf 'python=%s\n' "$venv/bin/python" >>"$GITHUB_OUTPUT"
else
  printf '%s\n' "$venv/bin/python"
fi
