# shellcheck shell=bash
# How a guardian ends: traffic back first, then the session that may still act, then the container that had traffic; the lock last.
# The sentinel, a child that holds the lock too, does the same when the guardian itself is killed.

WATCHED=()      # "ID PORT DRAIN STOP" for each container to drain and stop if the deployment dies
WATCHED_SINCE=  # the committed split when the watch began: once it differs, the container was committed and must live

session_started() { # the start time of process $SESSION, empty when it is gone
    local stat fields
    REPLY=
    [[ -n $SESSION ]] || return 0
    stat=$(<"/proc/$SESSION/stat")
    # shellcheck disable=SC2206  # numbers; a here-string may be a file, and the disk full
    fields=(${stat##*) })
    REPLY=${fields[19]-}
} 2>/dev/null

find_session() { # remembers the sshd session that started us, if it was one
    local name=
    SESSION=$PPID SESSION_STARTED=
    read -r name <"/proc/$PPID/comm"
    [[ $name == sshd || $name == sshd-session ]] || SESSION=
    session_started
    SESSION_STARTED=$REPLY
}

end_session() { # a frozen deployer that wakes up finds no channel left to act with
    local signal
    for signal in TERM KILL; do
        session_started
        [[ -n $REPLY && $REPLY == "$SESSION_STARTED" ]] || return 0
        kill "-$signal" "$SESSION"
        sleep 0.3 9>&-
    done
} 2>/dev/null

count_established() { # PORT-IN-HEX: adds established connections to REPLY; a container's own health check over loopback is none
    local here there state
    while read -r _ here there state _; do
        [[ $state == 01 && $here == *:"$1" && $there != 0100007F:* && $there != *0100007F:* ]] || continue
        [[ $there == 00000000000000000000000001000000:* ]] || ((REPLY += 1))
    done
}

connections() { # PID:PORT…: puts the number of established connections into REPLY
    local pair hex file
    REPLY=0
    for pair; do
        printf -v hex '%04X' "${pair#*:}"
        for file in "/proc/${pair%:*}/net/tcp" "/proc/${pair%:*}/net/tcp6"; do
            if [[ -r $file ]]; then
                count_established "$hex" <"$file"
            elif [[ ${pair%:*} != 0 ]]; then
                count_established "$hex" < <(sudo -n cat "$file" 8>&- 9>&-)
            fi
        done
    done
} 2>/dev/null

drain() { # SECONDS PID:PORT…
    local deadline=$((SECONDS + $1))
    shift
    while ((SECONDS < deadline)); do
        connections "$@"
        ((REPLY > 0)) || return 0
        sleep 0.2 9>&-
    done
}

stop_watched() { # a container that ever had traffic is drained before it is stopped
    local entry id port pid drain_for stop_for
    split_of "$TRAFFIC"
    [[ $REPLY == "$WATCHED_SINCE" ]] || return 0
    for entry in "${WATCHED[@]}"; do engine update --restart no "${entry%% *}" >/dev/null; done
    for entry in "${WATCHED[@]}"; do
        read -r id port drain_for stop_for <<<"$entry"
        pid=$(engine inspect -f '{{.State.Pid}}' "$id") || continue
        [[ $pid != 0 ]] || continue
        drain "$drain_for" "$pid:$port"
        engine stop -t "$stop_for" "$id" >/dev/null
        journal stopped "$id"
    done
}

abandon() { # WHY
    go_back
    journal abandoned "$1"
    end_session
    close_preview
    stop_watched
}

close_preview() {
    rm -f "$HOME_DIR"/preview/*.blue "$HOME_DIR"/preview/*.green 9>&-
}

heed() { # WORD…: what both the guardian and its sentinel remember
    case $1 in
        watch)
            WATCHED_SINCE=${2#-}
            WATCHED+=("${*:3}")
            ;;
        unwatch) WATCHED=() ;;
    esac
}

sentinel() {
    local line
    exec >/dev/null 2>&1
    while read -r line; do
        [[ $line != bye ]] || exit 0
        # shellcheck disable=SC2086  # words of our own making
        heed $line
    done
    abandon "the guardian was killed"
    exit 0
}

start_sentinel() { # only the guardian holds the other end of its input: the end of input is the end of the guardian
    exec 8> >(sentinel)
    # shellcheck disable=SC2034  # guardian.sh waits for it
    SENTINEL=$!
}

tell() { # WORD…: to ourselves and to the sentinel, which is started again should it be gone
    # shellcheck disable=SC2068  # words of our own making
    heed $@
    printf '%s\n' "$*" >&8 || start_sentinel
} 2>/dev/null
