# shellcheck shell=bash
# Makes what an app's deployments need on the host, as root, and says `made …` for each thing that was missing.
# Joined after splits.sh. $2 is the deploy user, $3 the app; with $4, `dry`, it only says what it would make. $5 is the container in which NGINX runs.
# Running it twice makes nothing the second time.
set -eu
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
shopt -s nullglob
umask 022
user=$2 app=$3 dry=${4-} container=${5-}
group=$(id -gn "$user")
home=/var/lib/bluegreen/apps/$app
log=/var/log/bluegreen/$app.log

BUCKETS=({00..99})

made() { printf 'made %s\n' "$*"; }

place() { # PATH OWNER GROUP MODE: a directory that is as it should be
    local is=
    [[ ! -d $1 ]] || is=$(stat -c '%U %G %a' "$1")
    [[ $is != "$2 $3 $4" ]] || return 0
    [[ -n $dry ]] || install -d -o "$2" -g "$3" -m "$4" "$1"
    made "$1"
}

write() { # PATH: a file with the text of standard input
    local text
    text=$(cat)
    [[ ! -e $1 || $(<"$1") != "$text" ]] || return 0
    made "$1"
    [[ -z $dry ]] || return 0
    printf '%s\n' "$text" >"$1.bluegreen-new"
    chmod 0644 "$1.bluegreen-new"
    mv -f "$1.bluegreen-new" "$1"
}

fill() { # DIRECTORY NUMBER [hot]: exactly the files of that split; a route that points here sees only right answers meanwhile
    local file wanted=() missing=()
    mkdir -p "$1"
    # shellcheck disable=SC2206  # a part of the list, as it is
    ((10#$2 == 0)) || wanted=(${BUCKETS[@]:0:10#$2})
    wanted+=("${@:3}")
    for file in "$1"/*; do
        [[ " ${wanted[*]} " == *" ${file##*/} "* ]] || rm -rf "$file"
    done
    for file in "${wanted[@]}"; do
        [[ -e $1/$file ]] || missing+=("$file")
    done
    ((${#missing[@]} == 0)) || (cd "${1%/*}/100-hot" && ln -t "$1" "${missing[@]}")
}

make_splits() { # the first time beside and renamed whole; later in place, for a link points into it
    local number where=$SPLITS
    splits_whole && return 0
    made "$SPLITS"
    [[ -z $dry ]] || return 0
    if [[ ! -e $SPLITS ]]; then
        where=$SPLITS.new
        rm -rf "$where"
    fi
    # All others are links to these: ten thousand files of their own took seconds where the disk was busy, and as many inodes.
    mkdir -p "$where/100-hot"
    (cd "$where/100-hot" && touch "${BUCKETS[@]}" hot)
    for number in {000..100}; do
        fill "$where/$number" "$number"
        fill "$where/$number-hot" "$number" hot
    done
    [[ $where == "$SPLITS" ]] || mv -T "$where" "$SPLITS"
    splits_whole
}

if [[ -z $dry ]]; then
    exec 9>/run/bluegreen-prepare.lock
    flock -w 60 9
fi

place /var/lib/bluegreen root root 755
place /var/lib/bluegreen/apps root root 755
make_splits
place "$home" "$user" "$group" 711
place "$home/releases" "$user" "$group" 700
place "$home/preview" "$user" "$group" 711
[[ -n $dry ]] || find "$home" ! -user "$user" -exec chown -h "$user:$group" {} +

# Apps of several deploy users share /run/bluegreen. A sticky world-writable directory will not do: the kernel's protected_symlinks
# would keep NGINX from following the links in it.
run_owner=$user run_group=$group
if [[ -n ${joins_docker-} ]] || id -nG "$user" | tr ' ' '\n' | grep -qx docker; then run_owner=root run_group=docker; fi
place /run/bluegreen "$run_owner" "$run_group" 775
write /etc/tmpfiles.d/bluegreen.conf <<END
# The armed routes of bluegreen-action. A reboot empties this directory, and so takes back what was not committed.
d /run/bluegreen 0775 $run_owner $run_group -
END

# Where a managed site answers the challenges of certificate authorities from; somebody else's is left as it is.
[[ -d /var/www/html ]] || place /var/www/html root root 755

place /var/log/bluegreen root root 755
if [[ ! -e $log ]]; then
    made "$log"
    [[ -n $dry ]] || : >"$log"
fi
if [[ -z $dry ]]; then
    chgrp "$group" "$log"
    chmod 0640 "$log"
fi
# NGINX gives the file to its worker's user when it reopens it, and leaves the group alone.
# shellcheck disable=SC2016  # for logrotate's shell
reopen='if [ -s /run/nginx.pid ]; then kill -USR1 "$(cat /run/nginx.pid)"; else nginx -s reopen; fi'
[[ -z $container ]] || reopen="docker exec $container nginx -s reopen"
write "/etc/logrotate.d/bluegreen-$app" <<END
$log {
    daily
    maxsize 100M
    rotate 14
    missingok
    notifempty
    compress
    delaycompress
    create 0640 root $group
    postrotate
        $reopen
    endscript
}
END
