# shellcheck shell=bash
# What an app's journal says about its releases: the last lines that tell of a commit, a rollback, a pause or their like.

past() { # FILE
    [[ ! -r $1 ]] || tail -n 2000 "$1" | grep -E '^\{"at": ?"[^"]*", ?"event": ?"(committed|rolled-back|went-back|paused|promoted|aborted|abandoned|failed)"' | tail -n 200
    return 0
}
