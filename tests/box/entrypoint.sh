#!/bin/bash
# The host's init: brings up what systemd would, keeps dockerd up, and takes it down gently on SIGTERM, as a reboot does.
set -u
log=/var/log/bluegreen-box
mkdir -p "$log" /run/sshd /run/lock
chmod 1777 /run/lock
: > /run/utmp
systemd-tmpfiles --create --boot >> "$log/tmpfiles.log" 2>&1

keep_dockerd() {
    while [ ! -e /run/bluegreen-box-stopping ]; do
        rm -f /run/docker.pid
        dockerd --storage-driver overlay2 --cgroup-parent "/bluegreen-box-$HOSTNAME" >> "$log/dockerd.log" 2>&1
        sleep 0.5
    done
}

shut_down() {
    touch /run/bluegreen-box-stopping
    kill -TERM "$(cat /run/docker.pid)" "$(cat /run/nginx.pid)" "$(cat /run/sshd.pid)" 2> /dev/null
    for _ in {1..80}; do
        [ -e /run/docker.pid ] || break
        sleep 0.1
    done
    exit 0
}
trap shut_down TERM

keep_dockerd &
/usr/sbin/sshd -E "$log/sshd.log"
nginx >> "$log/nginx.log" 2>&1
while :; do
    sleep 86400 &
    wait $!
done
