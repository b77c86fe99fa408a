"""One SSH connection to a real sshd: logging in, commands, conversations, and how long each waits for the network."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from bluegreen.errors import Cancelled, Unreachable
from bluegreen.host.clock import SystemClock
from bluegreen.host.meter import Meter
from bluegreen.host.ssh import Connection
from tests.e2e.connection.private_sshd import KEY_TYPES, PrivateSshd, serve
from tests.e2e.connection.relay import Relay
from tests.e2e.waiting import until


def _cancel_soon(clock: SystemClock, after: float) -> None:
    timer = threading.Timer(after, clock.cancel)
    timer.daemon = True
    timer.start()


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_every_kind_of_user_key_logs_in(sshd: PrivateSshd, kind: str) -> None:
    """RSA with SHA-2, ECDSA and Ed25519 keys are all accepted by a current sshd."""
    with Connection.open(sshd.ask(key=sshd.key(f"user_{kind}")), SystemClock(60), Meter()) as connection:
        assert connection.run(("echo", "in")).out == "in\n"


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_a_fingerprint_of_any_host_key_type_is_reachable(sshd: PrivateSshd, kind: str) -> None:
    """A fingerprint does not tell its type: the types are tried until the pinned one is found."""
    with Connection.open(sshd.ask(fingerprints=(sshd.host_key(kind).fingerprint,)), SystemClock(60), Meter()) as connection:
        assert connection.run(("true",)).status == 0


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_known_hosts_lines_decide_which_type_is_negotiated(sshd: PrivateSshd, kind: str) -> None:
    """With a line for one type only, that type is asked for, in a single handshake."""
    meter = Meter()
    line = sshd.host_key(kind).line("127.0.0.1", sshd.port)
    with Connection.open(sshd.ask(fingerprints=(), known_hosts=line), SystemClock(60), meter) as connection:
        assert meter.count == 4
        assert connection.run(("true",)).status == 0


def test_a_name_with_several_addresses_is_reached_at_the_one_that_answers(sshd: PrivateSshd) -> None:
    """`localhost` is ::1 as well, where nothing listens."""
    with Connection.open(sshd.ask(host="localhost"), SystemClock(60), Meter()) as connection:
        assert connection.run(("true",)).status == 0


def test_one_of_several_fingerprints_is_enough(sshd: PrivateSshd) -> None:
    """Several hosts may share one list of fingerprints."""
    pins = ("SHA256:" + "A" * 43, sshd.host_key("rsa").fingerprint)
    with Connection.open(sshd.ask(fingerprints=pins), SystemClock(60), Meter()) as connection:
        assert connection.run(("true",)).status == 0


def test_arguments_arrive_as_they_were_given(connection: Connection) -> None:
    """Blanks, quotes, dollars, newlines and globs mean nothing to the host's shell."""
    words = ("a b", "$HOME", "it's", '"', "*", "x\ny", "", "ü;rm")
    assert connection.run(("printf", "%s|", *words)).out == "".join(f"{word}|" for word in words)


def test_status_and_both_outputs_come_back(connection: Connection) -> None:
    """A failing command is an answer, not an error."""
    done = connection.run(("sh", "-c", "echo out; echo err >&2; exit 3"))
    assert (done.status, done.out, done.err) == (3, "out\n", "err\n")
    assert connection.run(("bluegreen-no-such-command",)).status == 127
    assert connection.run(("sh", "-c", "kill -9 $$")).status == -1


def test_large_input_and_outputs_do_not_block_each_other(connection: Connection) -> None:
    """Ten megabytes each way, more than any window, with both outputs in use."""
    sent = b"0123456789abcde\n" * 640_000
    done = connection.run(("sh", "-c", "tee /dev/stderr"), stdin=sent)
    assert done.out.encode() == sent
    assert done.err.encode() == sent


def test_input_that_the_command_does_not_read_does_no_harm(connection: Connection) -> None:
    """A command may end before it has read all that is sent to it."""
    assert connection.run(("true",), stdin=b"x" * 5_000_000).status == 0
    assert connection.run(("cat",), stdin=b"still here").out == "still here"


def test_a_command_costs_what_the_network_costs(connection: Connection) -> None:
    """No poll interval stands between the command's end and ours: 20 commands take less than 20 slices of 0.1 s."""
    connection.run(("true",))
    began = time.monotonic()
    for _ in range(20):
        connection.run(("true",))
    assert time.monotonic() - began < 2.0


def test_a_command_that_never_ends_is_given_up(connection: Connection) -> None:
    """`timeout` is a promise, and what is given up is named."""
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"`sleep 30` on 127\.0\.0\.1 did not end within 0\.5 s"):
        connection.run(("sleep", "30"), timeout=0.5)
    assert time.monotonic() - began < 5
    assert connection.run(("echo", "on")).out == "on\n"


def test_a_cancelled_run_leaves_a_command_at_once(sshd: PrivateSshd) -> None:
    """The runner gives us seconds: a wait for a command does not wait for its end."""
    clock = SystemClock(60)
    with Connection.open(sshd.ask(), clock, Meter()) as connection:
        _cancel_soon(clock, 0.3)
        began = time.monotonic()
        with pytest.raises(Cancelled):
            connection.run(("sleep", "30"))
        assert time.monotonic() - began < 5
        with clock.shield():
            assert connection.run(("echo", "undo")).out == "undo\n"


def test_a_waiting_shell_leaves_nothing_of_itself(connection: Connection) -> None:
    """Its line is gone before the command reads, and the command's parent is the session, as the guardian needs it."""
    time.sleep(0.3)
    told = connection.run(("bash", "-c", "cat; ps -o comm= -p $PPID; ps -o args= -p $$"), stdin=b"all of it\n").out
    assert told.splitlines()[:2] == ["all of it", "sshd"]
    assert "norc" not in told


def test_a_conversation_goes_line_by_line(connection: Connection) -> None:
    """What was sent first is read first, a missing line is a TimeoutError, and the end is None."""
    talk = connection.talk(("bash", "-c", 'while read -r l; do echo "got $l"; done; echo why >&2; exit 5'), b"first\n")
    assert talk.read(5) == "got first"
    with pytest.raises(TimeoutError):
        talk.read(0.2)
    assert talk.status() is None
    talk.send("ünïcode")
    assert talk.read(5) == "got ünïcode"
    talk.close_input()
    assert talk.read(5) is None
    assert talk.complaint() == "why"
    assert talk.status() == 5
    with pytest.raises(Unreachable, match="has ended"):
        talk.send("anyone?")


def test_lines_may_be_sent_on_another_thread(connection: Connection) -> None:
    """Beats and verbs share one input, and no line is torn."""
    talk = connection.talk(("cat",))

    def send() -> None:
        for _ in range(50):
            talk.send("x" * 3000)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    assert {talk.read(5) for _ in range(200)} == {"x" * 3000}
    for sender in senders:
        sender.join()
    talk.close()


def test_the_process_ends_when_the_conversation_is_closed(connection: Connection, tmp_path: Path) -> None:
    """End of input is how the guardian learns that we are gone."""
    ended = tmp_path / "ended"
    talk = connection.talk(("bash", "-c", f"read -r; echo $REPLY; read -r; touch {ended}"), b"one\n")
    assert talk.read(5) == "one"
    assert not ended.exists()
    talk.close()
    until(ended.exists)


def test_a_host_that_is_out_of_sessions_says_so(sshd: PrivateSshd, tmp_path: Path) -> None:
    """MaxSessions: a command waits for its turn, and in the end says what is in its way."""
    with (
        serve(sshd.keys, tmp_path, options={"MaxSessions": "1"}) as narrow,
        Connection.open(narrow.ask(), SystemClock(60), Meter()) as connection,
    ):
        talk = connection.talk(("cat",))
        threading.Timer(0.3, talk.close).start()
        assert connection.run(("echo", "waited")).out == "waited\n"
        talk = connection.talk(("cat",))
        with pytest.raises(Unreachable, match="allows no further session"):
            connection.run(("true",), timeout=0.5)
        talk.close()


def test_a_host_that_is_cut_off_is_noticed_within_the_timeout(sshd: PrivateSshd) -> None:
    """No packet comes any more and none is refused: the silence itself is the sign."""
    with Relay(sshd.port) as relay, Connection.open(sshd.ask(port=relay.port, timeout=1.5), SystemClock(60), Meter()) as connection:
        relay.silent = True
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"was lost: nothing was heard from it for 1\.5 s"):
            connection.run(("sleep", "30"))
        assert time.monotonic() - began < 5


def test_an_idle_connection_stays(sshd: PrivateSshd) -> None:
    """Signs of life are asked for and answered, so a long quiet hold is no loss."""
    with Connection.open(sshd.ask(timeout=0.6), SystemClock(60), Meter()) as connection:
        time.sleep(1.5)
        assert connection.run(("echo", "here")).out == "here\n"


def test_a_broken_connection_says_so(sshd: PrivateSshd) -> None:
    """Whatever is under way ends at once, and whatever comes later is told the same."""
    with Relay(sshd.port) as relay, Connection.open(sshd.ask(port=relay.port), SystemClock(60), Meter()) as connection:
        talk = connection.talk(("cat",))
        threading.Timer(0.2, relay.cut).start()
        with pytest.raises(Unreachable, match="was lost: the host closed the connection"):
            connection.run(("sleep", "30"))
        assert talk.read(5) is None
        with pytest.raises(Unreachable, match="was lost"):
            connection.run(("true",))


def test_a_server_that_hangs_up_instead_of_answering_is_noticed_at_once(connection: Connection) -> None:
    """Sshd keeps its own half open until it is told to write again: the end of the other half has to be passed on by itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            end, _ = server.accept()
            with end:
                end.recv(100)

        threading.Thread(target=hang_up, daemon=True).start()
        with connection.forward("127.0.0.1", server.getsockname()[1], timeout=5) as end:
            end.settimeout(10)
            end.sendall(b"a question")
            assert end.recv(100) == b""
