"""Findings told to people and to programs."""

import pytest

from realtime_chat.cli.checks.finding import Finding, Verdict, healthy, lines, summary, values

FINE = Finding("python", Verdict.OK, "3.11.7")
SO_SO = Finding("sound", Verdict.NOTE, "there is none", "connect one", {"devices": 0})
BROKEN = Finding("server", Verdict.FAILED, "does not answer")


def test_each_check_is_one_line_with_its_verdict_and_what_to_do() -> None:
    assert lines([FINE, SO_SO, BROKEN]) == [
        "ok     python: 3.11.7",
        "note   sound: there is none; connect one",
        "FAILED server: does not answer",
    ]


def test_what_a_device_calls_itself_drives_no_terminal() -> None:
    (line,) = lines([Finding("speaker", Verdict.OK, "\x1b[31mLoud\n\x9b2J")])
    assert line.isprintable()


@pytest.mark.parametrize(
    ("findings", "last"),
    [
        ([FINE], "Nothing is wrong."),
        ([FINE, SO_SO], "Nothing failed; 1 note."),
        ([BROKEN, BROKEN, SO_SO, SO_SO], "2 checks failed, 2 notes."),
        ([BROKEN], "1 check failed."),
    ],
)
def test_the_last_line_counts(findings: list[Finding], last: str) -> None:
    assert summary(findings) == last


def test_only_a_failure_is_unhealthy() -> None:
    assert healthy([FINE, SO_SO])
    assert not healthy([FINE, BROKEN])


def test_a_program_gets_the_same_with_its_numbers() -> None:
    fine, so_so, broken = values([FINE, SO_SO, BROKEN])
    assert (fine["ok"], so_so["ok"], broken["ok"]) == (True, True, False)
    assert so_so == {
        "name": "sound",
        "ok": True,
        "verdict": "note",
        "detail": "there is none",
        "cure": "connect one",
        "measured": {"devices": 0},
    }
