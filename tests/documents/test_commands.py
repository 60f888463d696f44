"""Whatever the pages ask a reader to type does what they say: typed for real, in a home of its own, without a key."""

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from benchmarks.echo import echoing
from realtime_chat.cli.main import app
from tests.cli.program import surroundings
from tests.cli.test_spoken import recording
from tests.cli.tui.real_terminal import terminal
from tests.core.transports import chat_peer
from tests.core.transports.ways import GOOD_KEY
from tests.devices.card import missing
from tests.documents.commands import REASONS, SHELLS, WAYS, Command, commands, commands_of, targets
from tests.documents.pages import PAGES, ROOT, Block, all_blocks, beside_the_pages, blocks, name_of

#: For who works on the program, in the checkout; the other pages are for who uses it, anywhere.
IN_CHECKOUT = (
    "CONTRIBUTING.md",
    "docs/testing.md",
    "docs/releasing.md",
    "examples/README.md",
    "benchmarks/README.md",
)
#: A screen that is up, and lines that begin.
UP = re.compile(rb"Enter send|Replay \xc2\xb7|You talk with")
#: Longer takes no command that is not marked so.
PATIENCE_S = 50

pytestmark = [
    beside_the_pages,
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a Unix shell"),
    pytest.mark.timeout(300),
]


def of_way(way: str) -> list[object]:
    """The pages that have such commands, with these."""
    return [
        pytest.param(*(page, found), id=name_of(page))
        for page in PAGES
        if (found := [one for one in commands(page) if one.way == way])
    ]


def commands_in(language: str) -> list[Command]:
    """Of all pages, in blocks of that shell."""
    return [one for block in all_blocks(language) for one in commands_of(block)]


class Desk:
    """Where a reader of a page sits: a home that is empty, and a folder with the files that the page shows."""

    def __init__(self, folder: Path, page: Path) -> None:
        self.home = folder / "home"
        self.place = folder / "place"
        self.home.mkdir()
        self.place.mkdir()
        if name_of(page) in IN_CHECKOUT:
            self._check_out()
        for block in blocks(page):
            if block.language == "python" and re.fullmatch(r"\w+\.py", block.name):
                (self.place / block.name).write_text(block.text, encoding="utf-8")
        recording(self.place / "question.wav", "what is twelve times seven")

    def _check_out(self) -> None:
        for entry in ROOT.iterdir():
            if entry.name != ".venv":
                (self.place / entry.name).symlink_to(entry)
        (self.place / ".venv").symlink_to(sys.prefix)

    @property
    def environ(self) -> dict[str, str]:
        """No settings, no key, the program on the path."""
        environ = surroundings(self.home)
        del environ["REALTIME_CHAT_DATA_DIR"]
        committer = {
            f"GIT_{who}_{what}": "x@x.x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        return (
            environ
            | committer
            | {
                "HOME": str(self.home),
                "XDG_CONFIG_HOME": str(self.home / ".config"),
                "XDG_DATA_HOME": str(self.home / ".local/share"),
                "XDG_STATE_HOME": str(self.home / ".local/state"),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}",
            }
        )

    def type(self, command: Command, patience_s: float = PATIENCE_S) -> None:
        """Ends as the page says, with what it says on stdout, and never with a traceback; `cd` is remembered."""
        done = subprocess.run(
            ["bash", "-c", f"trap 'pwd >\"$HOME/.place\"' EXIT\n{command.text}"],
            cwd=self.place,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
        self.place = Path((self.home / ".place").read_text(encoding="utf-8").strip())
        out, err = done.stdout.decode(), done.stderr.decode()
        said = f"{command.at}: {command.text}\n{out}{err}"
        assert done.returncode == command.code, said
        assert "Traceback" not in err, said
        assert shows(out.splitlines(), command.printed), said

    async def sits_before(self, command: Command, **variables: str) -> None:
        """A screen comes up, and is left again."""
        words = ["bash", "-c", f"exec {command.text}"]
        environ = self.environ | variables
        async with terminal(self.home, command=words, cwd=self.place, environ=environ) as held:
            await held.until(lambda shown: UP.search(shown) is not None)
            held.type(b"\x04")
            assert await held.ended() == 0, held.shown[-2000:]


def lines_of(page: Path) -> list[str]:
    """All that stands behind the program's name on a page, as far as it is one command."""
    text = re.sub(r"^```(?!console).*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = re.findall(r"`realtime-chat ([^`\n]+)`", text)
    typed = [one.text for one in commands(page)]
    behind = [re.search(r"(?:^|/|\| |exec )realtime-chat ([^|&;#<>]*)", one) for one in typed]
    return [*named, *(found[1] for found in behind if found)]


def understood(line: str) -> None:
    """Raises LookupError for a command or a flag that there is not; runs nothing."""
    command: Any = get_command(app)
    for word in shlex.split(line):
        if re.match(r"--?\w", word):
            flags = {flag for each in command.params for flag in (*each.opts, *each.secondary_opts)}
            if word.split("=")[0] not in flags | {"-h", "--help"}:
                raise LookupError(f"{line}: there is no {word}")
        elif hasattr(command, "commands") and word != "…":
            command = command.commands[word]


def shows(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the wanted lines are there, in their order; "…" stands for anything."""
    rest = iter(lines)
    patterns = [line.rstrip().replace("[", "[[]").replace("…", "*") for line in wanted]
    return all(any(fnmatchcase(line.rstrip(), pattern) for line in rest) for pattern in patterns)


@pytest.mark.parametrize(("page", "typed"), of_way("here"))
def test_what_a_page_says_to_type_works(tmp_path: Path, page: Path, typed: list[Command]) -> None:
    desk = Desk(tmp_path, page)
    for command in typed:
        desk.type(command)


@pytest.mark.parametrize(("page", "typed"), of_way("screen"))
async def test_what_opens_a_screen_opens_it(tmp_path: Path, page: Path, typed: list[Command]) -> None:
    desk = Desk(tmp_path, page)
    for command in typed:
        await desk.sits_before(command)


@pytest.mark.parametrize(("page", "typed"), of_way("ollama"))
async def test_what_talks_with_a_model_of_this_machine_does(
    tmp_path: Path, page: Path, typed: list[Command]
) -> None:
    desk = Desk(tmp_path, page)
    async with chat_peer.peer() as peer:
        host = peer.server.url.removesuffix("/v1")
        for command in typed:
            await desk.sits_before(command, OLLAMA_HOST=host, OLLAMA_API_KEY=GOOD_KEY)


@pytest.mark.parametrize(("page", "typed"), of_way("server"))
async def test_what_serves_says_where_and_ends_when_it_is_told_to(
    tmp_path: Path, page: Path, typed: list[Command]
) -> None:
    desk = Desk(tmp_path, page)
    for command in typed:
        serving = await asyncio.create_subprocess_exec(
            *("bash", "-c", f"exec {command.text}"),
            cwd=desk.place,
            env=desk.environ,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert serving.stdout is not None
            async with asyncio.timeout(PATIENCE_S):
                assert re.fullmatch(rb"http://127\.0\.0\.1:\d+/v1\n", await serving.stdout.readline())
                serving.send_signal(signal.SIGTERM)
                assert await serving.wait() in (0, 143, -signal.SIGTERM)
        finally:
            if serving.returncode is None:
                serving.kill()


@pytest.mark.device
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
@pytest.mark.parametrize(("page", "typed"), of_way("device"))
def test_what_needs_a_sound_card_works_with_one(tmp_path: Path, page: Path, typed: list[Command]) -> None:
    desk = Desk(tmp_path, page)
    with echoing():  # as a laptop hears itself
        for command in typed:
            desk.type(command)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("page", "typed"), of_way("long"))
def test_what_takes_minutes_works(tmp_path: Path, page: Path, typed: list[Command]) -> None:
    desk = Desk(tmp_path, page)
    for command in typed:
        desk.type(command, patience_s=1500)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_flag_that_a_page_names_exists(page: Path) -> None:
    """Those in the middle of a sentence, too; what they do is not looked at."""
    for line in lines_of(page):
        understood(line)


@pytest.mark.parametrize("line", ["sessions shw", "text --jsn", "sessions show --nothing"])
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    with pytest.raises(LookupError):
        understood(line)


@pytest.mark.parametrize(("page", "typed"), of_way("make"))
def test_what_is_made_is_a_target(page: Path, typed: list[Command]) -> None:
    for command in typed:
        words = command.text.split()
        assert words[0] == "bash" or words[1] in targets(), command
        assert words[0] == "make" or (ROOT / words[1]).is_file(), command


def test_no_command_is_passed_over_in_silence() -> None:
    """Beside the targets of make, which CI itself makes, nothing is left out but for the few reasons there are."""
    languages = {block.language for page in PAGES for block in blocks(page)}
    assert languages == {*SHELLS, "python", "toml", "diff", "text"}
    assert all(one.way == "not run" for one in commands_in("powershell"))
    every = [one for page in PAGES for one in commands(page)]
    assert {one.way for one in every} <= set(WAYS)
    left_out = [one for one in every if one.way == "not run"]
    assert {one.reason for one in left_out} <= set(REASONS)
    assert len(left_out) < len(every) / 4
    assert len(every) > 50


def test_every_piece_of_python_is_a_file_that_a_reader_uses() -> None:
    for block in all_blocks("python"):
        assert block.name, f"{block.at}: name the file behind the language"
        typed = [one.text for page in PAGES if name_of(page) == block.page for one in commands(page)]
        assert "/" in block.name or any(block.name in text for text in typed), f"{block.at}: nobody uses it"


def test_a_note_that_says_nothing_known_is_no_excuse() -> None:
    block = Block(page="x.md", line=3, language="console", name="", text="ls\n", note="not run: too hard")
    with pytest.raises(ValueError, match=r"x\.md:3"):
        commands_of(block)


def test_a_command_that_shows_something_else_is_noticed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ROOT / "README.md")
    block = Block(
        page="x.md", line=1, language="console", name="", text="$ echo a b\na …\n$ false\n", note=""
    )
    good, bad = commands_of(block)
    desk.type(good)
    with pytest.raises(AssertionError):
        desk.type(bad)
    with pytest.raises(AssertionError):
        desk.type(Command(at="x.md:1", text="echo a", way="here", printed=("b",)))
