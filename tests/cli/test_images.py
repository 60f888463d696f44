"""Pictures on the command line and behind a slash."""

from pathlib import Path

import pytest

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.images import file_and_words, picture
from realtime_chat.core.errors import InvalidArguments
from tests.cli.program import logs, program
from tests.core.test_images import PNG


@pytest.mark.parametrize(
    ("typed", "file", "words"),
    [
        ("cat.png", "cat.png", ""),
        ("cat.png what is this", "cat.png", "what is this"),
        ('"my cat.png" what', "my cat.png", "what"),
        ("'my cat.png'", "my cat.png", ""),
        ("my\\ cat.png what is\nthis", "my cat.png", "what is\nthis"),
        ("it's.png what", "it's.png", "what"),
        ("", "", ""),
        ('""', "", ""),
    ],
)
def test_a_file_and_words_are_told_apart(typed: str, file: str, words: str) -> None:
    assert file_and_words(typed) == (file, words)


def test_a_file_that_is_not_there_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidArguments, match=r"gone\.png cannot be read \(No such file"):
        picture(str(tmp_path / "gone.png"))
    (tmp_path / "note.png").write_text("no picture", encoding="utf-8")
    with pytest.raises(InvalidArguments, match="PNG or JPEG"):
        picture(str(tmp_path / "note.png"))


def test_a_picture_needs_words_to_go_with() -> None:
    with pytest.raises(InvalidArguments, match="goes with a PROMPT"):
        Flags(mode="text", plain=True, images=["cat.png"]).check()


async def test_the_embedded_server_says_that_it_cannot_see(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(PNG)
    run = await program(tmp_path, "text", "what is this", "--image", str(tmp_path / "cat.png"))
    assert run.code == 2
    assert [line for line in run.told if "cannot see pictures" in line]
    (log,) = logs(tmp_path)
    assert "user_message" not in log.read_text(encoding="utf-8")
