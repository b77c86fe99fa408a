# shellcheck shell=bash
# The directories that routes point at: split N holds one file for each of its first N buckets, and a hot one also holds `hot`.

SPLITS=/var/lib/bluegreen/splits

splits_whole() { # a split that lacks a file would send its bucket to the wrong color without a word
    local number files
    for number in {000..100}; do
        files=("$SPLITS/$number"/*)
        ((${#files[@]} == 10#$number)) || return 1
        files=("$SPLITS/$number-hot"/*)
        ((${#files[@]} == 10#$number + 1)) && [[ -e $SPLITS/$number-hot/hot ]] || return 1
        [[ $number == 000 || -e $SPLITS/$number/00 ]] || return 1
    done
}
