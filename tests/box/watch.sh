#!/bin/bash
# Tells what the host declares about an app's traffic, and what happens to its releases: one line an event, from outside the product.
#   route BEFORE TIME ARMED COMMITTED           the two links' targets, `-` where there is none, and when they were last seen otherwise
#   event ACTION NANOSECONDS ID COLOR VERSION   of docker, running containers first, with time 0
app=$1
armed=/run/bluegreen/$app
committed=/var/lib/bluegreen/apps/$app/traffic
releases=(--filter "label=bluegreen.app=$app" --filter label=bluegreen.role=web)
for id in $(docker ps -q "${releases[@]}"); do
    docker inspect -f 'event start 0 {{.Id}} {{index .Config.Labels "bluegreen.color"}} {{index .Config.Labels "bluegreen.version"}}' "$id"
done
exec {events}< <(exec docker events --filter type=container "${releases[@]}" --filter=event={start,kill,stop,die} \
    --format '{{.Action}} {{.TimeNano}} {{.ID}} {{index .Actor.Attributes "bluegreen.color"}} {{index .Actor.Attributes "bluegreen.version"}}')
docker=$!
trap 'kill "$docker" 2> /dev/null' EXIT
# Docker writes a line in pieces, and a route would fall between them: so whole lines are passed on, each with one write.
while read -r event; do echo "event $event"; done <&"$events" &

target() { # of a link, read once a change may have happened; without a fork when there is no link
    [ -L "$1" ] || { echo -; return; }
    local path
    path=$(readlink "$1") && echo "${path##*/}" || echo -
}

before=
looked=$EPOCHREALTIME
while kill -0 "$docker"; do
    last=$looked looked=$EPOCHREALTIME
    now="$(target "$armed") $(target "$committed")"
    if [ "$now" != "$before" ]; then
        echo "route $last $EPOCHREALTIME $now"
        before=$now
    fi
    # Whoever asked for it may have died: then its input ends.
    read -rt 0.03 || (($? > 128)) || exit 0
done
exit 1
