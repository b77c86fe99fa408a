#!/bin/bash
# Tells what the host declares about an app's traffic, and what happens to its containers: one line an event, from outside the product.
#   route BEFORE TIME ARMED COMMITTED     the two links' targets, `-` where there is none, and when they were last seen otherwise
#   event JSON                            of docker, running containers first
app=$1
armed=/run/bluegreen/$app
committed=/var/lib/bluegreen/apps/$app/traffic
trap 'kill $(jobs -p) 2> /dev/null' EXIT
for id in $(docker ps -q --filter "label=bluegreen.app=$app"); do
    docker inspect -f 'event {"Action":"start","id":"{{.Id}}","timeNano":0,"Actor":{"Attributes":{{json .Config.Labels}}}}' "$id"
done
docker events --filter type=container --filter "label=bluegreen.app=$app" --format 'event {{json .}}' &

target() { # of a link, read once a change may have happened; without a fork when there is no link
    [ -L "$1" ] || { echo -; return; }
    local path
    path=$(readlink "$1") && echo "${path##*/}" || echo -
}

before=
looked=$EPOCHREALTIME
while :; do
    last=$looked looked=$EPOCHREALTIME
    now="$(target "$armed") $(target "$committed")"
    if [ "$now" != "$before" ]; then
        echo "route $last $EPOCHREALTIME $now"
        before=$now
    fi
    # Whoever asked for it may have died: then its input ends.
    read -rt 0.03 || (($? > 128)) || exit 0
done
