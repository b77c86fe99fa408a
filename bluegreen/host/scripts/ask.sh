# shellcheck shell=bash
# A question to our loopback server, with nothing but bash: the host may lack curl.

ask_nginx() { # APP PATH: puts the last line of the answer into REPLY; false when nothing answers within 2 s
    local line
    REPLY=
    {
        printf 'GET %s HTTP/1.0\r\nHost: %s.bluegreen.localhost\r\n\r\n' "$2" "$1" >&7
        while IFS= read -r -t 2 line <&7; do REPLY=$line; done
    } 7<>/dev/tcp/127.0.0.1/29173
    [[ -n $REPLY ]]
} 2>/dev/null
