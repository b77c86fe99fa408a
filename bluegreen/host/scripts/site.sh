# shellcheck shell=bash
# Replaces an app's NGINX site as one transaction, as root. Joined after ask.sh. The new text is the rest of standard input; from the
# line `# bluegreen part of …` on, it is the part that a location of the user's includes, and goes into a file of its own.
# $2 is `install`, `restore` (whatever is there) or `remove`, $3 the app, $4 the marker by which a live NGINX shows the new text. $5 is the
# container in which NGINX runs, $6 the directory of the host that is its /etc/nginx/conf.d; both are empty for the host's own NGINX.
# Answers `previous BASE64` (or `previous -`), `note …`, and last `ok` or `no KIND` with the reason on the lines below it.
set -u
# A cut connection must not stop a transaction half-way.
trap '' HUP PIPE INT TERM
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 022
ACTION=$2 APP=$3 MARKER=$4 NGINX_CONTAINER=$5
DIR=${6:-/etc/nginx/conf.d}
FILE=$DIR/bluegreen-$APP.conf
PART_DIR=/etc/nginx/bluegreen
[[ -z $NGINX_CONTAINER ]] || PART_DIR=$DIR/bluegreen
PART=$PART_DIR/$APP.conf
NEW=$DIR/.bluegreen-$APP.conf.new
# Only there while a transaction is under way: the bytes to go back to, or nothing in it for a site that was not there.
BEFORE=$DIR/.bluegreen-$APP.conf.before

refuse() { # KIND REASON
    rm -f "$NEW" "$NEW.http" "$NEW.part" "$BEFORE.new"
    printf 'no %s\n%s\n' "$1" "$2"
    exit 0
}

text() { # both files as the one text that was installed
    cat "$FILE" 2>/dev/null || return
    if [[ -e $PART ]]; then cat "$PART"; fi
}

put() { # what lies in $NEW becomes the site, surviving a power cut; the part comes after what it needs
    local at
    at=$(grep -n -m 1 '^# bluegreen part of ' "$NEW" | cut -d: -f1)
    if [[ -z $at ]]; then
        sync "$NEW" && mv -Tf "$NEW" "$FILE" && sync "$DIR" && rm -f "$PART"
        return
    fi
    mkdir -p "$PART_DIR" && head -n "$((at - 1))" "$NEW" >"$NEW.http" && tail -n "+$at" "$NEW" >"$NEW.part" && sync "$NEW.http" "$NEW.part" \
        && mv -Tf "$NEW.http" "$FILE" && mv -Tf "$NEW.part" "$PART" && sync "$DIR" "$PART_DIR" && rm -f "$NEW"
}

put_back() { # a link, not a copy: the disk may be full. The bytes to go back to stay until they are back.
    if [[ ! -s $BEFORE ]]; then
        rm -f "$FILE" "$PART"
    elif ! { ln -f "$BEFORE" "$NEW" && put; }; then
        refuse stuck "$FILE"
    fi
    rm -f "$BEFORE"
}

remember() { # the site as it is, whole or not at all
    if [[ -e $FILE ]]; then text; fi >"$BEFORE.new" && sync "$BEFORE.new" && mv -f "$BEFORE.new" "$BEFORE" && sync "$DIR"
}

intact() { # the first line tells the digest of the rest
    local first
    read -r first <"$FILE"
    [[ $first == *"sha256=$(text | tail -n +2 | sha256sum | cut -d' ' -f1)" ]]
}

marker_in() { # FILE
    sed -n 's/^# marker: //p;2q' "$1" 2>/dev/null
}

live() { # MARKER: five fresh connections in a row, for old and new workers answer side by side
    local good=0 deadline=$((SECONDS + 10))
    while ((good < 5 && SECONDS < deadline)); do
        if ask_nginx "$APP" /site && [[ $REPLY == "$1" ]]; then
            ((good += 1))
        else
            good=0
            sleep 0.05 9>&-
        fi
    done
    ((good == 5))
}

workers() { # puts the master's children into REPLY
    REPLY=$(<"/proc/$MASTER/task/$MASTER/children") || REPLY=$(pgrep -P "$MASTER" 9>&-)
} 2>/dev/null

run_nginx() {
    if [[ -n $NGINX_CONTAINER ]]; then docker exec "$NGINX_CONTAINER" nginx "$@" </dev/null 9>&-; else nginx "$@" 9>&-; fi
}

reload() {
    ERRORS_BEFORE=$(stat -c %s /var/log/nginx/error.log 2>/dev/null) || ERRORS_BEFORE=0
    printf -v RELOADED_AT '%s' "$EPOCHREALTIME"
    workers
    OLD_WORKERS=$REPLY
    run_nginx -s reload
} 2>/dev/null

last_words() { # what NGINX logged since the reload; the command itself says nothing when the master refuses
    if [[ -n $NGINX_CONTAINER ]]; then
        docker logs --since "$RELOADED_AT" "$NGINX_CONTAINER" 2>&1 9>&-
    else
        tail -c "+$((ERRORS_BEFORE + 1))" /var/log/nginx/error.log 2>/dev/null
    fi | grep -aE '\[(emerg|alert|crit)\]' | tail -n 5
}

is_master() { # PID
    [[ $(tr '\0' ' ' <"/proc/$1/cmdline") == *"master process"* ]]
} 2>/dev/null

find_master() { # sets MASTER; false with what is wrong in REPLY
    local pidfile
    if [[ -n $NGINX_CONTAINER ]]; then # the container's first process, or a child of that where an init or a shell is the first
        REPLY="no process of the container $NGINX_CONTAINER is an NGINX master"
        MASTER=$(docker container inspect -f '{{.State.Pid}}' "$NGINX_CONTAINER" 2>/dev/null </dev/null 9>&-)
        for MASTER in $MASTER $(pgrep -P "$MASTER" 9>&-); do
            ! is_master "$MASTER" || return 0
        done
        return 1
    fi
    pidfile=$(sed -n 's/^[[:space:]]*pid[[:space:]]\{1,\}"\{0,1\}\([^;"]*\).*;.*/\1/p' <<<"$config" | head -n 1)
    pidfile=${pidfile:-/run/nginx.pid}
    REPLY="no NGINX process has the number in $pidfile"
    # The test itself leaves an empty pid file where there was none.
    read -r MASTER <"$pidfile" && is_master "$MASTER"
} 2>/dev/null

same_directories() { # whether the container has our directories as they are now; else REPLY names one that was made anew since it started
    for REPLY in /var/lib/bluegreen /run/bluegreen /var/log/bluegreen; do
        [[ /proc/$MASTER/root$REPLY -ef $REPLY ]] || return 1
    done
    REPLY=$DIR
    [[ /proc/$MASTER/root/etc/nginx/conf.d -ef $DIR ]]
}

wait_for_old_workers() {
    local tries pid left
    for tries in {1..50}; do
        left=()
        workers
        for pid in $OLD_WORKERS; do
            if [[ " $REPLY " == *" $pid "* ]]; then left+=("$pid"); fi
        done
        ((${#left[@]} > 0)) || return 0
        sleep 0.1 9>&-
    done
    printf 'note %s old NGINX worker(s) still serve connections that were open before the reload (after %s tries)\n' "${#left[@]}" "$tries"
}

exec 9>/run/bluegreen-nginx.lock
flock -w 60 9 || refuse busy "another reload of ours did not end within 60 s"
cat >"$NEW" || refuse unwritable "$NEW"
if [[ -e $BEFORE ]]; then
    mv -f "$NEW" "$NEW.kept"
    put_back
    mv -f "$NEW.kept" "$NEW"
    printf 'note the site was put back first: an earlier change of it was cut off half-way\n'
fi

[[ -z $NGINX_CONTAINER ]] || find_master || refuse stopped "$REPLY"
config=$(run_nginx -T 2>&1) || refuse broken "$(grep -aE '^nginx: |\[emerg\]' <<<"$config")"
find_master || refuse stopped "$REPLY"
[[ -z $NGINX_CONTAINER ]] || same_directories || refuse stale "$REPLY"
if [[ $ACTION == install && -e $FILE ]] && ! intact; then refuse edited "$([[ ! -e $PART ]] || printf %s "$PART")"; fi

if [[ -e $FILE ]]; then printf 'previous %s\n' "$(text | base64 -w 0)"; else printf 'previous -\n'; fi
if [[ $ACTION != remove ]] && cmp -s "$NEW" <(text) && ask_nginx "$APP" /site && [[ $REPLY == "$MARKER" ]]; then
    rm -f "$NEW"
    printf 'ok\n'
    exit 0
fi

previous_marker=$(marker_in "$FILE")
remember || refuse unwritable "$BEFORE"
if [[ $ACTION == remove ]]; then
    rm -f "$NEW" "$FILE" "$PART"
elif ! put; then
    put_back
    refuse unwritable "$FILE"
fi

if ! answer=$(run_nginx -t 2>&1); then
    put_back
    refuse refused "$answer"
fi
reload
if [[ $ACTION != remove ]] && ! live "$MARKER"; then
    why=$(last_words)
    included=$(run_nginx -T 2>/dev/null | grep -cF "# configuration file /etc/nginx/conf.d/bluegreen-$APP.conf:")
    put_back
    reload
    [[ -z $previous_marker ]] || live "$previous_marker"
    if [[ $included == 0 ]]; then refuse not-included "$DIR"; fi
    refuse not-live "${why:-NGINX went on serving what it served before}"
fi
rm -f "$BEFORE"
wait_for_old_workers
printf 'ok\n'
