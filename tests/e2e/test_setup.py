"""`setup` on a bare Debian host: what is missing is made, once, and then a deployment works."""

from __future__ import annotations

from tests.box import Box
from tests.e2e.deploying import APP_NAME, QUICK, expect_end
from tests.e2e.product import Product, serving

_STATE = (
    "find /etc/nginx /etc/tmpfiles.d /etc/logrotate.d /etc/group /var/lib/bluegreen /var/log/bluegreen /run/bluegreen"
    r" -printf '%p %T@ %m %u %g\n' 2> /dev/null | sort"
)
_MISSING = (
    "package nginx",
    "member ubuntu of the group docker",
    "/var/lib/bluegreen/splits",
    f"/var/lib/bluegreen/apps/{APP_NAME}/releases",
    "/run/bluegreen",
    "/etc/tmpfiles.d/bluegreen.conf",
    f"/var/log/bluegreen/{APP_NAME}.log",
    f"/etc/logrotate.d/bluegreen-{APP_NAME}",
)


def test_a_bare_host_is_made_ready_once(box: Box, product: Product) -> None:
    """A dry run changes nothing; the next run makes what it said, the one after that nothing; a deployment then needs nothing more."""
    product.inputs |= {**QUICK, "app": APP_NAME}
    box.sh("gpasswd -d ubuntu docker")
    with box.without("/usr/sbin/nginx"):
        before = box.sh(_STATE)
        expect_end(product.run("setup", "--dry-run"), 0, *(f"would make {what}" for what in _MISSING), "nothing was changed")
        assert box.sh(_STATE) == before
        done = product.run("setup")
        expect_end(done, 0, *(f"made {what}" for what in _MISSING), f"The host is ready for {APP_NAME}", "from the next login on")
        assert done.outputs["result"] == "ready"
        assert box.sh("nginx -v 2>&1; ls /etc/nginx/sites-enabled").startswith("nginx version")
        after = box.sh(_STATE)
        expect_end(product.run("setup"), 0, "and was before: nothing was changed")
        assert box.sh(_STATE) == after
    assert "docker" in box.sh("id -nG ubuntu").split()
    box.sh("pgrep -x nginx || nginx")
    deployed = product.deploy("v1")
    expect_end(deployed, 0)
    assert "made /" not in deployed.out
    assert set(serving(box, count=10)) == {"v1"}


def test_another_distribution_is_refused_by_its_name(box: Box, product: Product) -> None:
    """Exit code 4, with what to install by hand; nothing is tried."""
    box.sh("rm /etc/os-release")
    box.write("/etc/os-release", 'PRETTY_NAME="Fedora Linux 43"\nID=fedora\n')
    try:
        before = box.sh(_STATE)
        expect_end(product.run("setup", app=APP_NAME), 4, "this host is Fedora", "Install Docker (20.10 or newer) and NGINX")
        assert box.sh(_STATE) == before
    finally:
        box.sh("ln -sf ../usr/lib/os-release /etc/os-release")
