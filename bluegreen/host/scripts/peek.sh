# shellcheck shell=bash
# What can be read of an app without its lock. $2 is the app. One line each: the committed split, the armed one, the lock's holder, how many
# lines of the journal follow, those lines, the recipes. Joined after past.sh.
set -u
export LC_ALL=C
shopt -s nullglob
home=/var/lib/bluegreen/apps/$2

split_of() { # LINK
    local target
    target=$(readlink "$1") || target=-
    printf '%s\n' "${target##*/}"
}

split_of "$home/traffic"
split_of "/run/bluegreen/$2"
holder=
# A shared lock that cannot be had at once is held; it is let go of again before anybody could miss it.
if [[ -r $home/lock ]] && ! flock -n -s "$home/lock" true; then
    holder=$(<"$home/owner") 2>/dev/null
    holder=${holder:-a deployment that did not say its name}
fi
printf '%s\n' "$holder"
mapfile -t events < <(past "$home/journal.jsonl")
printf '%s\n' "${#events[@]}" "${events[@]}"
for file in "$home"/releases/*.json; do
    text=$(<"$file") && printf '%s\n' "${text//$'\n'/ }"
done
exit 0
