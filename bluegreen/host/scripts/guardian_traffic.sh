# shellcheck shell=bash
# The guardian's hand on the traffic: the two links that route an app, and the proof through NGINX that a move is real.
# Joined, in this order, with splits.sh, ask.sh, guardian_end.sh and guardian.sh: see bluegreen/host/guardian.py.
set -u
# First of all: a reader that dies must not end us between deciding and moving, nor systemd, which with KillUserProcesses=yes sends TERM and
# HUP to all that a session leaves behind and KILL 90 s later. The end of our input tells the same, and is what we act upon.
trap '' PIPE HUP TERM
export LC_ALL=C TZ=UTC PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
shopt -s nullglob
umask 077

APP=$2 PREFIX=$3
# shellcheck disable=SC2034  # guardian.sh waits by them
LEASE=$4 LOCK_TIMEOUT=$5 NGINX_CONTAINER=${6-}
HOME_DIR=/var/lib/bluegreen/apps/$APP
TRAFFIC=$HOME_DIR/traffic
ARMED=/run/bluegreen/$APP
ACCESS_LOG=/var/log/bluegreen/$APP.log
NUMBER=  # of the line that is being obeyed: an answer that nobody waited for must not be taken for the next one

say() { printf '%s\n' "${NUMBER:+$NUMBER }$*"; }

journal() { # EVENT TEXT: a line of our own in the app's journal; neither may hold a quote
    printf '{"at":"%(%Y-%m-%dT%H:%M:%SZ)T","event":"%s","by":"guardian","detail":"%s"}\n' -1 "$1" "$2" >>"$HOME_DIR/journal.jsonl"
}

split_of() { # LINK: puts the name of the split it points at into REPLY, empty when there is no link
    REPLY=
    [[ -L $1 ]] || return 0
    REPLY=$(readlink "$1") || REPLY=
    REPLY=${REPLY##*/}
}

# The children of a move keep descriptor 8: the sentinel, which waits for its end, must not undo before they are through.
point() { # LINK SPLIT SUFFIX: one rename, so no request ever finds the link missing
    ln -sfn "$SPLITS/$2" "$1.$3" 9>&- && mv -Tf "$1.$3" "$1" 9>&-
}

go_back() { # traffic follows the committed route; false when it already did
    local armed
    split_of "$ARMED"
    armed=$REPLY
    split_of "$TRAFFIC"
    [[ -n $armed && $armed != "$REPLY" ]] || return 1
    # The link is not simply removed: a request between two looks at it would find neither route.
    if [[ -n $REPLY ]]; then
        point "$ARMED" "$REPLY" undo
    else
        rm -f "$ARMED" 9>&-
    fi
    journal went-back "from $armed to ${REPLY:-no route}"
}

prove() { # SPLIT: what NGINX really does with four telling buckets. 1: something else, 2: our site does not answer; SEEN says what
    local green=$((10#${1%-hot})) hot='' bucket name want
    [[ $1 != *-hot ]] || hot=_hot
    for bucket in 0 $((green - 1)) "$green" 99; do
        ((bucket >= 0 && bucket <= 99)) || continue
        want=${PREFIX}_blue$hot
        ((bucket >= green)) || want=${PREFIX}_green$hot
        printf -v name '%02d' "$bucket"
        if ! ask_nginx "$APP" "/bucket/$name"; then
            SEEN="NGINX${NGINX_CONTAINER:+ in the container $NGINX_CONTAINER} does not answer on ${NGINX_AT:-the network bluegreen-$APP}:29173"
            return 2
        elif [[ $REPLY != none && $REPLY != "$PREFIX"_* ]]; then
            SEEN="the site of $APP is not live in NGINX"
            return 2
        elif [[ $REPLY != "$want" ]]; then
            SEEN="bucket $name goes to ${REPLY#"$PREFIX"_}, not to ${want#"$PREFIX"_}"
            return 1
        fi
    done
}

known_split() { # NAME
    [[ $1 =~ ^(0[0-9][0-9]|100)(-hot)?$ && -d $SPLITS/$1 ]]
}

take() { # SPLIT: arms it and proves it; else SEEN says what came instead
    known_split "$1" || { SEEN="there is no split called $1"; return 1; }
    point "$ARMED" "$1" new || { SEEN="the link $ARMED cannot be written"; return 1; }
    prove "$1"
}

arm() { # SPLIT: users' requests are counted from now on. All of the traffic on one release, as in `settle`, is no matter of the log.
    if [[ ! -r $ACCESS_LOG ]]; then
        say "no the access log $ACCESS_LOG cannot be read by $(id -un)"
    elif take "$1"; then
        say ok
    else
        say "no $SEEN"
    fi
}

disarm() { # an unproved way back is still the way back: only a proof to the contrary is worth an alarm
    go_back
    split_of "$TRAFFIC"
    [[ -n $REPLY ]] || { say ok; return; }
    prove "$REPLY"
    if (($? == 1)); then say "no $SEEN"; else say ok; fi
}

commit() {
    split_of "$ARMED"
    [[ -n $REPLY ]] || { say "no no route is armed"; return; }
    point "$TRAFFIC" "$REPLY" new || { say "no the link $TRAFFIC cannot be written"; return; }
    sync "$HOME_DIR" 9>&-
    tell unwatch
    say ok
}

adopt() { # SPLIT: a first route, before there is a site; the running app has the traffic from the site's first moment on
    split_of "$TRAFFIC"
    [[ -z $REPLY ]] || { say "no this app has a route already: $REPLY"; return; }
    known_split "$1" || { say "no there is no split called $1"; return; }
    point "$TRAFFIC" "$1" new || { say "no the link $TRAFFIC cannot be written"; return; }
    sync "$HOME_DIR" 9>&-
    say ok
}

forsake() {
    rm -f "$ARMED" "$TRAFFIC" 9>&-
    say ok
}

settle() { # SPLIT
    if take "$1"; then commit; else say "no $SEEN"; fi
}
