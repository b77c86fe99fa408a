# shellcheck shell=bash
# The guardian: the one process on the host that holds an app's lock and moves its traffic.
# One numbered verb a line on standard input, one line of answer each under the same number; `beat` has neither. It ends with its input, or when no beat comes in time.

take_lock() { # non-blocking tries, so that the end of input and a silent deployer are noticed while waiting
    local owner last=$SECONDS started=$SECONDS told=
    until flock -n 9; do
        { owner=$(<"$HOME_DIR/owner") || owner=; } 2>/dev/null
        owner=${owner:-a deployment that did not say its name}
        ((SECONDS - started < LOCK_TIMEOUT)) || { say "locked $owner"; exit 0; }
        [[ $told == "$owner" ]] || say "waiting $owner"
        told=$owner
        if IFS= read -r -t 0.1 line; then
            last=$SECONDS
        elif (($? <= 128 || SECONDS - last > ${LEASE%.*})); then
            exit 0
        fi
    done
}

seen() { # TOKEN: the log line is written just after the answer was sent
    local try found
    [[ $1 =~ ^[0-9a-f]{32}$ ]] || { say "no no token"; return; }
    for try in {1..10}; do
        found=$(tail -q -c 4194304 "$ACCESS_LOG" 8>&- 9>&- | grep -F -m 1 "\"probe\":\"$1\"" 8>&- 9>&-)
        [[ -z $found ]] || break
        sleep "0.0$try" 8>&- 9>&-
    done
    say "ok $found"
}

look() { # both links, and behind a tab each every recipe as one line of JSON
    local file text all
    split_of "$TRAFFIC"
    all=${REPLY:--}
    split_of "$ARMED"
    all+=" ${REPLY:--}"
    for file in "$HOME_DIR"/releases/*.json; do
        text=$(<"$file") || continue
        all+=$'\t'${text//$'\n'/ }
    done
    say "ok $all"
}

history() { # what releases came to, one line of JSON each, between tabs
    local line all=
    while IFS= read -r line; do
        all+=$line$'\t'
    done < <(past "$HOME_DIR/journal.jsonl" 8>&- 9>&-)
    say "ok $all"
}

save() { # ID JSON
    local file=$HOME_DIR/releases/$1
    if [[ $1 =~ ^[0-9a-f]{8}$ ]] && printf '%s\n' "$2" >"$file.new" && sync "$file.new" 8>&- 9>&- && mv -f "$file.new" "$file.json" 8>&- 9>&-; then
        say ok
    else
        say "no the recipe $file.json cannot be written"
    fi
}

sweep() { # ID…: removes what is no recipe of these releases: half-written ones, unreadable ones, and links that were never moved into place
    local file removed=
    for file in "$HOME_DIR"/releases/* "$HOME_DIR"/owner.new "$TRAFFIC".new "$ARMED".new "$ARMED".undo; do
        [[ -e $file || -L $file ]] || continue
        [[ $file != *.json || " $* " != *" $(basename "$file" .json) "* ]] || continue
        rm -f "$file" 8>&- 9>&- && removed+=" $file"
    done
    say "ok${removed}"
}

preview() { # COLOR TOKEN
    if [[ $1 =~ ^(blue|green)$ && $2 =~ ^[0-9a-f]{32}$ ]] && : >"$HOME_DIR/preview/$2.$1"; then say ok; else say "no no preview of $1"; fi
}

obey() { # VERB REST
    case $1 in
        look) look ;;
        arm) arm "$2" ;;
        disarm) disarm ;;
        commit) commit ;;
        settle) settle "$2" ;;
        adopt) adopt "$2" ;;
        forsake) forsake ;;
        save) save "${2%% *}" "${2#* }" ;;
        forget) if [[ $2 =~ ^[0-9a-f]{8}$ ]]; then rm -f "$HOME_DIR/releases/$2.json" 8>&- 9>&-; fi; say ok ;;
        sweep)
            # shellcheck disable=SC2086  # a list of ids
            sweep $2
            ;;
        watch)
            split_of "$TRAFFIC"
            tell watch "${REPLY:--}" "$2"
            say ok
            ;;
        unwatch) tell unwatch; say ok ;;
        connections)
            # shellcheck disable=SC2086  # a list of PID:PORT
            connections $2
            say "ok $REPLY"
            ;;
        preview) preview "${2%% *}" "${2#* }" ;;
        seen) seen "$2" ;;
        history) history ;;
        record) if printf '%s\n' "$2" >>"$HOME_DIR/journal.jsonl"; then say ok; else say "no the journal cannot be written"; fi ;;
        bye) leave ;;
        *) say "no there is no verb $1" ;;
    esac
}

leave() { # an orderly end: the deployer lives, so its session does too
    go_back
    close_preview
    split_of "$TRAFFIC"
    if ((${#WATCHED[@]} > 0)) && [[ $REPLY == "$WATCHED_SINCE" ]]; then
        say "ok lingering"
        stop_watched
    fi
    rm -f "$HOME_DIR/owner" 8>&- 9>&-
    tell bye
    exec 8>&-
    wait "$SENTINEL"
    exec 9>&-
    say ok
    exit 0
}

IFS= read -r owner || exit 0
[[ -w $HOME_DIR && -w /run/bluegreen && -d $HOME_DIR/preview && -d $HOME_DIR/releases ]] || { say "no state directories that $(id -un) may write"; exit 0; }
exec 9>>"$HOME_DIR/lock" || { say "no the lock $HOME_DIR/lock cannot be opened"; exit 0; }
take_lock
splits_whole || { say "no the directory $SPLITS is not whole"; exit 0; }
printf '%s\n' "$owner" >"$HOME_DIR/owner.new" && mv -f "$HOME_DIR/owner.new" "$HOME_DIR/owner" 9>&-
close_preview
find_session
start_sentinel
say ready

while :; do
    if IFS= read -r -t "$LEASE" line; then
        [[ $line != beat ]] || continue
        # Not by `read`: bash puts a long here-string into a file, and the disk may be full.
        # shellcheck disable=SC2034  # guardian_traffic.sh says it
        NUMBER=${line%% *}
        rest=${line#* }
        verb=${rest%% *}
        rest=${rest#"$verb"}
        obey "$verb" "${rest# }"
    else
        if (($? > 128)); then why="no beat for $LEASE s"; else why="the connection ended"; fi
        abandon "$why"
        tell bye
        exit 0
    fi
done
