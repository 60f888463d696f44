"""The worked examples of CONTRIBUTING, followed word by word in a copy of the project: red first, then green."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.commands import commands_of, is_make
from tests.documents.pages import ROOT, Block, beside_the_pages, blocks, blocks_in

GUIDE = ROOT / "CONTRIBUTING.md"
COPIED = ("realtime_chat", "tests", "scripts", "pyproject.toml", "README.md", "CONTRIBUTING.md")

pytestmark = [
    beside_the_pages,
    pytest.mark.skipif(sys.platform == "win32", reason="its commands are for a Unix shell"),
    pytest.mark.timeout(300),
]


def steps() -> list[Block]:
    """Whatever a reader does, in the order of the page."""
    return [one for one in blocks(GUIDE) if one.name or one.note == "run: walk"]


def is_test(step: Block) -> bool:
    return step.name.startswith("tests/")


TESTS = [step.name for step in steps() if is_test(step)]


class Copy:
    """A project like this one, in which one may do as one likes."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "copy"
        self.place.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.place / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, self.place / name)
        (self.place / ".venv").symlink_to(sys.prefix)

    def follow(self, step: Block) -> None:
        """Write, change, or type; the tests are run by whoever follows."""
        if step.language == "console":
            for command in commands_of(step):
                if not is_make(command.text):
                    self.type("bash", "-c", command.text)
        elif step.language == "diff":
            self.change(self.place / step.name, step.text)
        else:
            (self.place / step.name).write_text(step.text, encoding="utf-8")

    def change(self, file: Path, change: str) -> None:
        """Each piece between `@@` stands in the file exactly once, and is replaced."""
        text = file.read_text(encoding="utf-8")
        for piece in re.split(r"^@@\n", change, flags=re.MULTILINE):
            lines = piece.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if line[0] != "+")
            after = "".join(line[1:] for line in lines if line[0] != "-")
            assert text.count(before) == 1, f"{file.name} has not, or has more than once:\n{before}"
            text = text.replace(before, after)
        file.write_text(text, encoding="utf-8")

    def type(self, *words: str, code: int = 0) -> str:
        """What it prints; it ends with this code."""
        environ = {**os.environ, "HOME": str(self.place.parent), "PYTHONPATH": str(self.place)}
        done = subprocess.run(
            words, cwd=self.place, env=environ, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def tests(self, *names: str, code: int = 0) -> str:
        """As `make test ARGS=…` runs them."""
        return self.type(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *names, code=code)


def test_every_walk_leads_from_a_test_that_fails_to_one_that_passes_in_the_style_of_the_house(
    tmp_path: Path,
) -> None:
    copy = Copy(tmp_path)
    for step in filter(is_test, steps()):
        copy.follow(step)
    red = copy.tests(*TESTS, "--continue-on-collection-errors", code=1)
    assert "passed" not in red
    for step in steps():
        copy.follow(step)
    assert f"{len(TESTS)} passed" in copy.tests(*TESTS)
    assert len(TESTS) == 4
    touched = sorted({step.name for step in steps() if step.name.endswith(".py")})
    copy.type(sys.executable, "-m", "ruff", "check", *touched)
    copy.type(sys.executable, "-m", "ruff", "format", "--check", *touched)


def test_each_walk_says_how_to_run_its_test() -> None:
    typed = [command.text for step in steps() if step.language == "console" for command in commands_of(step)]
    assert [text for text in typed if is_make(text)] == [f"make test ARGS={name}" for name in TESTS]


def test_a_change_that_fits_no_more_is_noticed(tmp_path: Path) -> None:
    (change,) = blocks_in("```diff x.py\n a\n+b\n c\n```\n", "x.md")
    file = tmp_path / "x.py"
    file.write_text("a\nc\n", encoding="utf-8")
    copy = object.__new__(Copy)
    copy.change(file, change.text)
    assert file.read_text(encoding="utf-8") == "a\nb\nc\n"
    with pytest.raises(AssertionError, match=r"x\.py has not"):
        copy.change(file, change.text)
