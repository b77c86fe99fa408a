# shellcheck shell=bash
# Gives a Debian or Ubuntu host Docker and NGINX when it has none, starts them, and lets the deploy user use Docker.
# Joined after splits.sh and before prepare.sh, which makes the rest. $2 is the deploy user, $4 `dry` or empty, $5 the container in which the
# user's NGINX runs: the host needs none then.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
joins_docker=
NGINX_CONTAINER=${5-}

refuse() { # KIND REASON
    printf 'no %s\n%s\n' "$1" "$2"
    exit 0
}

# On a new host the cloud's own updates hold apt's locks for a minute or two: wait for them. apt waits by itself for one of the three only.
apt() {
    local until=$((SECONDS + 300)) answer
    until answer=$(apt-get -q -o DPkg::Lock::Timeout=300 "$@" 2>&1 </dev/null); do
        if [[ $answer != *"Could not get lock"* ]] || ((SECONDS >= until)); then
            printf '%s\n' "$answer"
            return 1
        fi
        sleep 2
    done
}

get_packages() { # a command that is missing though its package is there is installed anew
    local missing=() answer
    command -v docker >/dev/null || missing+=(docker.io)
    [[ -n $NGINX_CONTAINER ]] || command -v nginx >/dev/null || missing+=(nginx)
    ((${#missing[@]} > 0)) || return 0
    printf 'made package %s\n' "${missing[@]}"
    [[ -z $1 ]] || return 0
    if ! answer=$(apt update && apt install -y --reinstall --no-install-recommends "${missing[@]}"); then
        refuse apt "$(grep -E '^(E|W|Err)[: ]' <<<"$answer" | tail -n 5)"
    fi
    # The package's welcome page would answer in the app's place; one that was there before us is its owner's matter.
    if [[ " ${missing[*]} " == *" nginx "* && $HAD_WELCOME == no ]]; then rm -f /etc/nginx/sites-enabled/default; fi
}

start_daemons() { # where there is no systemd, a package's own script has started its daemon
    local unit units=(docker)
    [[ -d /run/systemd/system ]] || return 0
    [[ -n $NGINX_CONTAINER ]] || units+=(nginx)
    for unit in "${units[@]}"; do
        ! systemctl -q is-active "$unit" || ! systemctl -q is-enabled "$unit" || continue
        printf 'made service %s\n' "$unit"
        [[ -n $1 ]] || systemctl -q enable --now "$unit"
    done
}

let_use_docker() { # USER DRY
    [[ $(id -u "$1") != 0 ]] || return 0
    id -nG "$1" | tr ' ' '\n' | grep -qx docker && return 0
    # shellcheck disable=SC2034  # prepare.sh gives /run/bluegreen to the group
    joins_docker=yes
    printf 'made member %s of the group docker\n' "$1"
    [[ -n $2 ]] || usermod -aG docker "$1"
}

# shellcheck source=/dev/null
os=$(. /etc/os-release && printf '%s %s' "${ID-}" "${PRETTY_NAME-}")
[[ ${os%% *} == debian || ${os%% *} == ubuntu ]] || refuse os "${os#* }"
if [[ -e /etc/nginx/sites-enabled/default ]]; then HAD_WELCOME=yes; else HAD_WELCOME=no; fi
get_packages "${4-}"
start_daemons "${4-}"
let_use_docker "$2" "${4-}"
