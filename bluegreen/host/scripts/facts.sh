# shellcheck shell=bash
# What the host is, one `name value` a line, in one round trip. Joined after splits.sh. $2 is the app, $3 the container in which NGINX runs.
set -u
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
shopt -s nullglob
app=$2 container=${3-}
home=/var/lib/bluegreen/apps/$app

fact() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }

prepared() {
    [[ -w $home && -w $home/releases && -w $home/preview && -w /run/bluegreen && -r /var/log/bluegreen/$app.log ]] || return 1
    [[ -e /etc/tmpfiles.d/bluegreen.conf && -e /etc/logrotate.d/bluegreen-$app ]] && reopens && splits_whole
}

reopens() { # whether logrotate tells the NGINX that is meant
    if [[ -n $container ]]; then
        grep -qsF "docker exec $container nginx" "/etc/logrotate.d/bluegreen-$app"
    else
        ! grep -qsF 'docker exec' "/etc/logrotate.d/bluegreen-$app"
    fi
}

# The engine is asked first, and its answer, which takes as long as all the rest, is read last. A frozen engine answers nothing at all, and
# its own client would wait for ever.
exec 3< <(timeout 10 docker info -f '{{.ServerVersion}} {{.DockerRootDir}}' 2>/dev/null; printf '\n%s' "$?")

fact user "$(id -un)"
if [[ $EUID == 0 ]]; then fact root yes; fi
if sudo -n true 2>/dev/null; then fact sudo yes; fi
fact os "$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release | tr -d \")"

if grep -qs -e max-size -e max_size /etc/docker/daemon.json || tr '\0' ' ' </proc/"$(pgrep -o dockerd)"/cmdline 2>/dev/null | grep -qs 'log-opt.*max-size'; then
    fact limits_logs yes
fi

if [[ -s /proc/net/if_inet6 ]]; then fact ipv6 yes; fi
while read -r name value _; do
    if [[ $name == MemAvailable: ]]; then fact memory_available "$((value * 1024))"; fi
done </proc/meminfo
if prepared; then fact prepared yes; fi

answer=$(cat <&3)
ended=${answer##*$'\n'} answer=${answer%$'\n'*}
if [[ $ended == 0 && $answer =~ ^[0-9] ]]; then
    read -r version root <<<"$answer"
    fact docker "$version"
fi

nginx_says() {
    if [[ -n $container ]]; then [[ -n ${root-} ]] && docker exec "$container" nginx "$@" </dev/null; else nginx "$@"; fi
}

if [[ -n $container && -n ${root-} ]]; then # an engine that hangs is not asked again
    shown='{"state":{{json .State.Status}},"mode":{{json .HostConfig.NetworkMode}},"mounts":{{json .Mounts}}'
    shown+=',"networks":{{json .NetworkSettings.Networks}},"ports":{{json .NetworkSettings.Ports}}}'
    if answer=$(docker container inspect -f "$shown" "$container" 2>/dev/null); then
        fact nginx_container "$answer"
    else
        fact running "$(docker ps --format '{{.Names}}' 2>/dev/null)"
    fi
fi
if answer=$(nginx_says -V 2>&1); then
    version=${answer#*nginx/}
    fact nginx "${version%%[!0-9.]*}"
    modules=
    for word in ${answer#*configure arguments: }; do
        if [[ $word == --with-*_module* ]]; then modules+=" ${word#--with-}"; fi
    done
    fact nginx_modules "${modules# }"
fi

free=$(df -B1 --output=avail "${root:-/var/lib/docker}" 2>/dev/null) || free=$(df -B1 --output=avail /)
fact disk_free "${free##*[!0-9]}"
fact epoch "$(date +%s)"
