"""Each syntax an input can have: what people write is understood, and what cannot be meant is refused with a hint."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from bluegreen.inputs.parse import names, phrases, places, quantities, traffic, trust, verdicts, web
from bluegreen.model.ask import ShiftStep
from bluegreen.model.verdict import LatencyLimit

PIN = "SHA256:" + "aB3+/" * 8 + "xyz"


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (quantities.duration, "10s", 10),
        (quantities.duration, " 5m ", 300),
        (quantities.duration, "1h", 3600),
        (quantities.duration, "500ms", 0.5),
        (quantities.duration, "1m30s", 90),
        (quantities.duration, "1.5s", 1.5),
        (quantities.duration, "0", 0),
        (quantities.duration, "0s", 0),
        (verdicts.share, "1%", 0.01),
        (verdicts.share, " 0.5 % ", 0.005),
        (verdicts.latency, "500ms", LatencyLimit(seconds=0.5)),
        (verdicts.latency, "1.5x", LatencyLimit(times=1.5)),
        (verdicts.latency, "", None),
        (verdicts.requests, "200", 200),
        (quantities.memory, "512m", 512 * 1024**2),
        (quantities.memory, "1.5g", 1536 * 1024**2),
        (quantities.memory, "512MiB", 512 * 1024**2),
        (quantities.memory, "512 MB", 512 * 1024**2),
        (quantities.memory, "536870912", 512 * 1024**2),
        (quantities.memory, "", 0),
        (quantities.cpus, "0.5", 0.5),
        (quantities.cpus, "", 0),
        (quantities.port, "22", 22),
        (quantities.port_or_none, "", 0),
        (quantities.body_size, "50M", "50m"),
        (quantities.body_size, "0", "0"),
        (quantities.kept, "0", 0),
        (quantities.budget, "250", 250),
        (traffic.shift, "10% 10s, 50% 1m", (ShiftStep(share=10, hold=10), ShiftStep(share=50, hold=60))),
        (traffic.shift, "10% 10s\n50% 10s\n100%", (ShiftStep(share=10, hold=10), ShiftStep(share=50, hold=10))),
        (traffic.shift, "10% 5m until 500 requests, 50% 1s", (ShiftStep(share=10, hold=300, until=500), ShiftStep(share=50, hold=1))),
        (traffic.shift, "100%", ()),
        (traffic.shift, "10% pause, 50% 5s pause", (ShiftStep(share=10, hold=0, pause=True), ShiftStep(share=50, hold=5, pause=True))),
        (traffic.shift, "5 % for 500ms", (ShiftStep(share=5, hold=0.5),)),
        (traffic.stick_by, "ip", "ip"),
        (traffic.stick_by, "cookie:session_id", "cookie:session_id"),
        (traffic.status_ranges, "200-399,404", ((200, 399), (404, 404))),
        (traffic.status_ranges, "200", ((200, 200),)),
        (names.host_name, "ec2-203-0-113-7.compute-1.amazonaws.com", "ec2-203-0-113-7.compute-1.amazonaws.com"),
        (names.host_name, "203.0.113.7", "203.0.113.7"),
        (names.host_name, "[2001:db8::1]", "2001:db8::1"),
        (names.host_header, "example.com:8080", "example.com:8080"),
        (names.user_name, "ec2-user", "ec2-user"),
        (names.image, "myapp", ("myapp", "")),
        (names.image, "myexample:v2", ("myexample", "v2")),
        (names.image, "localhost:5000/team/my_app", ("localhost:5000/team/my_app", "")),
        (names.image, "ghcr.io/org/app:1.2.3", ("ghcr.io/org/app", "1.2.3")),
        (names.app_of_image, "ghcr.io/org/my_app.web", "my-app-web"),
        (names.networks, "db\n# the cache\ncache", ("db", "cache")),
        (phrases.process_name, " mail-worker\n", "mail-worker"),
        (names.nginx, "host", ""),
        (names.nginx, " container:shop-nginx-1 ", "shop-nginx-1"),
        (web.server_names, "example.com www.example.com", ("example.com", "www.example.com")),
        (web.server_names, "Example.com,\n*.example.com", ("example.com", "*.example.com")),
        (web.server_names, "_", ("_",)),
        (web.listen, "80", ("80",)),
        (web.listen, "127.0.0.1:8080 [::1]:80", ("127.0.0.1:8080", "[::1]:80")),
        (web.url, "https://example.com:8443/a?b=c", "https://example.com:8443/a?b=c"),
        (web.http_path, "/healthz?deep=1", "/healthz?deep=1"),
        (places.volumes, "data:/data\n/srv/x:/x:ro", ("data:/data", "/srv/x:/x:ro")),
        (places.host_path, "/etc/letsencrypt/live/example.com/fullchain.pem", "/etc/letsencrypt/live/example.com/fullchain.pem"),
        (places.env_file, "host:/etc/myapp.env", ("/etc/myapp.env", ())),
        (phrases.command, "python manage.py migrate --noinput", ("python", "manage.py", "migrate", "--noinput")),
        (phrases.command, "sh -c 'a && b'", ("sh", "-c", "a && b")),
        (phrases.flag, "True", True),
        (phrases.flag, "no", False),
        (phrases.patterns, r"ERROR\b" + "\n\n#boom", (r"ERROR\b", "#boom")),
        (trust.fingerprints, f"256 {PIN} root@host (ED25519)", (PIN,)),
        (trust.fingerprints, f"{PIN}\n{PIN.replace('x', 'y')},{PIN}", (PIN, PIN.replace("x", "y"))),
        (trust.fingerprints, PIN.removeprefix("SHA256:") + "=", (PIN,)),
        (trust.fingerprints, PIN.replace("SHA", "sha"), (PIN,)),
        (trust.known_hosts, "h ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\r\n", "h ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n"),
    ],
)
def test_what_people_write_is_understood(parse: Callable[[str], object], text: str, value: object) -> None:
    """The spelling means that value."""
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "hint"),
    [
        (quantities.duration, "10", "did you mean `10s`?"),
        (quantities.duration, "10 s", "did you mean `10s`?"),
        (quantities.duration, "2min", "did you mean `2m`?"),
        (quantities.duration, "1m 30sec", "did you mean `1m30s`?"),
        (quantities.duration, "5 minutes", "did you mean `5m`?"),
        (quantities.duration, "500 MS", "did you mean `500ms`?"),
        (quantities.duration, "ten", "`10s`"),
        (quantities.port_or_none, "8000:8000", "the one in the container alone"),
        (quantities.port_or_none, "127.0.0.1:80:8000/tcp", "the one in the container alone"),
        (quantities.duration, "-5s", "`10s`"),
        (quantities.duration, "9999h", "longer than a week"),
        (verdicts.share, "1", "did you mean `1%`?"),
        (verdicts.share, "0.01", "did you mean `0.01%` or `1%`?"),
        (verdicts.share, "101%", "more than 100%"),
        (verdicts.latency, "0.5x", "the least is `1x`"),
        (verdicts.latency, "0s", "longer than 0"),
        (verdicts.latency, "fast", "`1.5x`"),
        (verdicts.requests, "0", "1 to 1000000"),
        (quantities.seconds, "0s", "longer than 0"),
        (quantities.lease, "2s", "shorter than 3s"),
        (quantities.port, "0", "1 to 65535"),
        (quantities.port, "65536", "1 to 65535"),
        (quantities.port, "٢٢", "1 to 65535"),
        (quantities.kept, "-1", "0 to 20"),
        (quantities.budget, "-1", "0 to 1000000"),
        (traffic.stick_by, "user", "none of: request, ip, cookie:NAME"),
        (traffic.stick_by, "cookie:", "none of"),
        (traffic.stick_by, "cookie:my-id", "letters, digits and underscores"),
        (traffic.stick_by, "cookie:a$b", "letters, digits and underscores"),
        (quantities.memory, "512x", "`512m`"),
        (quantities.memory, "512", "a plain number counts bytes"),
        (quantities.cpus, "0", "`0.5`"),
        (quantities.body_size, "50 mb; evil on", "`50m`"),
        (traffic.shift, "10 10s", "a percentage, and how long"),
        (traffic.shift, "10% until 500 requests", "`10% 5m until 500 requests`"),
        (traffic.shift, "10%", "write `10% 10s`, or `10% pause`"),
        (traffic.shift, "100", "did you mean `100%`?"),
        (traffic.shift, "10% pause 10s", "a percentage, and how long"),
        (traffic.shift, "100% pause", "`watch`"),
        (traffic.shift, "50% 10s, 10% 10s", "a larger share"),
        (traffic.shift, "100% 10s", "`watch`"),
        (traffic.shift, "0% 10s", "from 1 to 99"),
        (traffic.shift, "250% 10s", "from 1 to 99"),
        (traffic.shift, "10% 10", "did you mean `10s`?"),
        (traffic.status_ranges, "399-200", "the smaller one first"),
        (traffic.status_ranges, "2xx", "`200-399`"),
        (names.host_name, "https://example.com", "is a URL"),
        (names.host_name, "ubuntu@example.com", "`username`"),
        (names.host_name, "example.com:22", "`port`"),
        (names.host_name, '"example.com"', "a quote, which is part of the value"),
        (names.host_name, "exa mple", "no host name"),
        (names.host_name, "-oProxyCommand=evil", "no host name"),
        (names.user_name, "ubuntu; reboot", "`ec2-user`"),
        (names.image, "MyApp", "did you mean `myapp`?"),
        (names.image, "app@sha256:00", "digest"),
        (names.image, "../app", "no image name"),
        (names.version, "-v2", "no image tag"),
        (names.version, "v2/rc", "no image tag"),
        (names.app_name, "My App", "no app name"),
        (names.app_name, "a" * 41, "up to 40"),
        (names.networks, "host", "docker network create"),
        (phrases.process_name, "Mail worker", "no name of a process"),
        (names.nginx, "shop-nginx-1", "neither `host` nor `container:NAME`"),
        (names.nginx, "service:nginx", "neither `host` nor `container:NAME`"),
        (names.nginx, "container:", "no name of a container"),
        (names.nginx, "container:a; rm -rf /", "no name of a container"),
        (web.server_names, "a; } server {", "`a;` is no server name"),
        (web.server_names, "example.com _", "stands alone"),
        (web.server_names, "~^www\\.", "regular expression"),
        (web.server_names, "exämple.com", "`xn--`"),
        (web.server_names, "example.com:443", "`listen`"),
        (web.listen, "443 ssl", "`tls-certificate`"),
        (web.listen, "eth0:80", "no address"),
        (web.listen, "70000", "no address"),
        (web.url, "example.com", "it has no scheme"),
        (web.url, "ftp://example.com", "no URL"),
        (web.url, "https://user:hunter2@example.com/", "without"),
        (web.http_path, "healthz", "`/healthz`"),
        (web.http_path, "http://x/healthz", "never part of it"),
        (web.http_path, "/a b", "percent-encoded"),
        (web.http_path, "/a\r\nX-Evil: 1", "percent-encoded"),
        (places.volumes, "/data", "every release would start with an empty one"),
        (places.volumes, "./data:/data", "absolute path on the host"),
        (places.volumes, "data:data", "in the container"),
        (places.volumes, "data:/", "in the container"),
        (places.volumes, "data:/data:readonly", "`readonly` is no volume mode"),
        (places.host_path, "cert.pem", "no absolute path"),
        (places.host_path, "/etc/x;evil", "no absolute path"),
        (places.host_path, "/etc/../shadow", "no absolute path"),
        (places.context, "https://github.com/org/app", "check it out"),
        (places.env_file, "no/such.env", "host:"),
        (places.env_file, "host:app.env", "absolute path on the host"),
        (phrases.command, "a && b", "sh -c"),
        (phrases.command, "echo 'x", "quotes"),
        (phrases.flag, "maybe", "neither"),
        (phrases.pattern, "(", "at position 0"),
        (trust.fingerprints, "MD5:" + ":".join(["ab"] * 16), "MD5"),
        (trust.fingerprints, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA", "`known-hosts`"),
        (trust.fingerprints, "SHA256:short", "43 characters"),
        (trust.known_hosts, PIN, "line 1"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_hint(parse: Callable[[str], object], text: str, hint: str) -> None:
    """The problem says what would be right."""
    with pytest.raises(ValueError, match=re.escape(hint)):
        parse(text)


def test_every_bad_item_of_a_list_is_a_problem_of_its_own() -> None:
    """Three wrong volumes are three lines."""
    with pytest.raises(ValueError, match="`") as caught:
        places.volumes("/a\nok:/ok\n./b:/b\nc:c")
    assert len(str(caught.value).splitlines()) == 3


def test_nothing_that_reaches_nginx_or_a_path_holds_a_character_of_its_language() -> None:
    """Whatever is thrown at the parsers, what they let through is one plain word each."""
    plain = re.compile(r"[A-Za-z0-9._:/\[\]*~@+=,-]*")
    chance = random.Random(3)  # noqa: S311 — the same strings every time
    parsers = (web.server_names, web.listen, places.host_path, names.app_name, names.version, names.host_header, quantities.body_size)
    passed = 0
    for _ in range(400):
        text = "".join(chance.choices("ab1.-_*/:[]~ ;{}$\"'\\#%\n\t\x00é", k=chance.randint(1, 6)))
        for parse in parsers:
            try:
                value = parse(text)
            except ValueError:
                continue
            passed += 1
            assert all(plain.fullmatch(word) for word in ((value,) if isinstance(value, str) else value)), (parse, text)
    assert passed > 50
