"""Reading `nginx -T`: whose server block would keep users from reaching our site."""

from __future__ import annotations

import pytest

from bluegreen.decide.site_spec import wanted_listens
from bluegreen.host.nginx_conf import conflicts, parse_servers
from bluegreen.model.site import SiteSpec

OURS = "/etc/nginx/conf.d/bluegreen-web.conf"
DEBIAN = """nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
# configuration file /etc/nginx/nginx.conf:
http {
    # server { listen 80 default_server; }
    log_format main '$remote_addr "$request" {';
    include /etc/nginx/conf.d/*.conf;
}
stream {
    server { listen 80; }
}

# configuration file /etc/nginx/sites-enabled/default:
##
# the welcome page
server {
	listen 80 default_server;
	listen [::]:80 default_server;

	server_name _;
	location / { try_files $uri =404; }
}
# configuration file /etc/nginx/sites-enabled/shop:

server {
    location ~ "^/a{2}" { return 200 "server { listen 80; }"; }
    server_name shop.example
        www.shop.example;
    listen 443 ssl;
    listen 80;
}
"""


def found(names: tuple[str, ...], listen: tuple[str, ...] = ("80",), dump: str = DEBIAN) -> tuple[str, ...]:
    """The conflicts of a site with what `nginx -T` printed."""
    return conflicts(parse_servers(dump), OURS, names, listen)


def test_server_blocks_are_found_with_their_file_and_line() -> None:
    """Comments, strings, stream blocks and patterns with braces are not mistaken for servers."""
    default, shop = parse_servers(DEBIAN)
    assert default.place == "/etc/nginx/sites-enabled/default:3"
    assert default.defaults == ("0.0.0.0:80", "[::]:80")
    assert shop.place == "/etc/nginx/sites-enabled/shop:2"
    assert shop.names == ("shop.example", "www.shop.example")
    assert shop.listens == ("0.0.0.0:443", "0.0.0.0:80")


def test_debian_s_welcome_page_is_in_the_way_of_a_site_for_all_names() -> None:
    """And the remedy is one command."""
    (problem,) = found(("_",))
    assert problem.startswith("/etc/nginx/sites-enabled/default:3 is the default server of 0.0.0.0:80")
    assert "sudo rm /etc/nginx/sites-enabled/default" in problem


def test_it_is_not_in_the_way_of_a_named_site() -> None:
    """NGINX chooses by name first."""
    assert found(("app.example",)) == ()


def test_the_same_name_on_the_same_port_is_a_conflict_whichever_comes_first() -> None:
    """`nginx -t` only warns about it, and the user's old site would go on serving."""
    (problem,) = found(("www.shop.example",))
    assert "/etc/nginx/sites-enabled/shop:2 already serves www.shop.example on 0.0.0.0:80" in problem
    assert "sudo editor +2 /etc/nginx/sites-enabled/shop" in problem


def test_the_same_name_on_another_port_is_none() -> None:
    """They are different sites."""
    assert found(("shop.example",), ("8080",)) == ()


def test_our_own_file_is_never_in_the_way() -> None:
    """A site that is replaced is found in the configuration too."""
    assert found(("_",), dump=f"# configuration file {OURS}:\nserver {{ listen 80 default_server; }}\n") == ()


@pytest.mark.parametrize(
    ("listen", "hidden"),
    [
        ("10.0.0.5:80", True),
        ("10.0.0.5", True),
        ("127.0.0.1:80", False),
        ("10.0.0.5:81", False),
        ("unix:/run/x.sock", False),
        ("*:80", False),
    ],
)
def test_a_listen_for_one_address_hides_a_wildcard(listen: str, *, hidden: bool) -> None:
    """Requests to that address only ever reach the servers that listen on it."""
    dump = f"# configuration file /etc/nginx/conf.d/a.conf:\nserver {{ listen {listen}; server_name b; }}\n"
    assert bool(found(("app.example",), dump=dump)) == hidden


def test_a_block_without_a_listen_listens_on_80() -> None:
    """NGINX's default."""
    (server,) = parse_servers("# configuration file /a:\nserver { server_name x; }\n")
    assert server.listens == ("0.0.0.0:80",)


def test_names_are_the_same_whatever_their_case() -> None:
    """NGINX compares them so."""
    assert found(("shop.example",), dump="# configuration file /a:\nserver { listen 80; server_name Shop.Example; }\n")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"listen": ("80",), "ipv6": False}, ("80",)),
        ({"listen": ("80", "127.0.0.1:81")}, ("80", "127.0.0.1:81", "[::]:80")),
        ({"listen": ("443",), "tls_certificate": "/c"}, ("443", "80", "[::]:443", "[::]:80")),
        ({"listen": ("80", "8443"), "tls_certificate": "/c", "ipv6": False}, ("80", "8443")),
    ],
)
def test_a_conflict_is_looked_for_wherever_the_site_listens(changes: dict[str, object], found: tuple[str, ...]) -> None:
    """On IPv6, where TLS is spoken, and where port 80 leads there."""
    values = {"app": "web", "blue": ("a:1",), "green": ("b:1",), "server_names": ("_",), "ipv6": True, **changes}
    assert wanted_listens(SiteSpec(**values)) == found  # type: ignore[arg-type]


def test_a_site_that_only_listens_on_ipv6_is_in_the_way_there() -> None:
    """Its users of IPv6 would not reach ours."""
    dump = "# configuration file /a:\nserver { listen [::]:443 ssl default_server; include names; }\n# configuration file /names:\n"
    dump += "server_name shop.example;\n"
    (problem,) = found(("shop.example",), ("443", "[::]:443"), dump=dump)
    assert problem.startswith("/a:1 already serves shop.example on [::]:443")
    assert found(("_",), ("443", "[::]:443"), dump=dump)
