#!/bin/bash
# Answers once everything a deployment talks to is there; $1 is the number of tenths of a second to wait.
for ((i = 0; i < ${1:-300}; i++)); do
    if [ -s /run/sshd.pid ] && [ -s /run/nginx.pid ] && curl -sf --unix-socket /run/docker.sock http://docker/_ping > /dev/null; then
        exit 0
    fi
    sleep 0.1
done
tail -n 20 /var/log/bluegreen-box/*.log >&2
exit 1
