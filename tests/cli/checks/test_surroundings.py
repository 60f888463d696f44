"""Where the program runs, seen in folders made for it, and what follows for sound."""

from pathlib import Path

import pytest

from realtime_chat.cli.checks.finding import Finding, Verdict
from realtime_chat.cli.checks.surroundings import Surroundings, seen, surroundings_findings


def told(around: Surroundings, devices: int | None) -> dict[str, Finding]:
    return {finding.name: finding for finding in surroundings_findings(around, devices)}


def written(root: Path, name: str, text: str = "") -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_a_server_that_answers_is_named_with_what_led_to_it(tmp_path: Path) -> None:
    environ = {"PULSE_SERVER": "unix:/somewhere"}
    around = seen(environ, root=tmp_path, platform="linux", ask=lambda: "PipeWire 1.0.5")
    assert told(around, 3)["sound server"] == Finding(
        "sound server", Verdict.OK, "PipeWire 1.0.5, found by PULSE_SERVER", "", {"server": "PipeWire 1.0.5"}
    )


@pytest.mark.parametrize(
    ("socket", "name"), [("pulse/native", "PulseAudio"), ("pipewire-0", "PipeWire")], ids=str
)
def test_without_pactl_a_server_is_found_by_its_socket(tmp_path: Path, socket: str, name: str) -> None:
    written(tmp_path, f"run/user/7/{socket}")
    around = seen({"XDG_RUNTIME_DIR": "/run/user/7"}, root=tmp_path, platform="linux")
    assert (around.server, around.found_by) == (name, "its socket")


def test_a_server_whose_devices_are_not_seen_needs_the_way_of_alsa_to_it() -> None:
    around = Surroundings(linux=True, server="PulseAudio 16.1", found_by="its socket")
    assert "libasound2-plugins" in told(around, 0)["sound server"].cure


def test_no_server_is_a_note_only_where_there_is_no_device_either(tmp_path: Path) -> None:
    around = seen({}, root=tmp_path, platform="linux")
    assert around == Surroundings(linux=True)
    assert told(around, 2)["sound server"].verdict is Verdict.OK
    assert told(around, 0)["sound server"].verdict is Verdict.NOTE
    assert "start PipeWire" in told(around, None)["sound server"].cure


def test_other_systems_have_no_sound_server_to_speak_of(tmp_path: Path) -> None:
    around = seen({}, root=tmp_path, platform="darwin")
    assert told(around, 2) == {}


@pytest.mark.parametrize(
    ("mark", "content", "name"),
    [
        ("proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2", "WSL"),
        (".dockerenv", "", "container"),
        ("run/.containerenv", "", "container"),
    ],
)
def test_wsl_and_containers_are_told_and_blamed_only_without_sound(
    tmp_path: Path, mark: str, content: str, name: str
) -> None:
    written(tmp_path, mark, content)
    around = seen({}, root=tmp_path, platform="linux")
    assert told(around, 2)[name].verdict is Verdict.OK
    assert told(around, 0)[name].verdict is Verdict.NOTE
    assert told(around, 0)[name].cure


def test_who_came_by_ssh_is_told_whose_devices_these_are(tmp_path: Path) -> None:
    around = seen({"SSH_CONNECTION": "1 2 3 4"}, root=tmp_path, platform="linux")
    assert "not those where you sit" in told(around, 2)["SSH"].detail


def test_a_forced_latency_is_told(tmp_path: Path) -> None:
    around = seen({"PULSE_LATENCY_MSEC": "5"}, root=tmp_path, platform="linux")
    finding = told(around, 2)["PULSE_LATENCY_MSEC"]
    assert (finding.verdict, finding.cure) == (Verdict.NOTE, "unset it")
