"""Tools of the user's own: a file may be broken in every way, and costs one line."""

import asyncio
import sys
from pathlib import Path

import pytest

from realtime_chat.core.clock import VirtualClock
from realtime_chat.tools import modules
from realtime_chat.tools.modules import OwnTools, own_tools
from tests.waiting import eventually

HEAD = "from realtime_chat.tools.base import ToolContext, tool\n"
DOUBLE = HEAD + '@tool(need="read")\ndef double(x: int) -> int:\n    """Double it."""\n    return 2 * x\n'


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


async def found(*files: Path, taken: tuple[str, ...] = ()) -> OwnTools:
    async with asyncio.timeout(5):
        return await own_tools(files, taken, VirtualClock())


def names(own: OwnTools) -> list[str]:
    return [one.tool.name for one in own.tools]


async def test_the_tools_of_a_file_are_found_in_their_order_each_once(tmp_path: Path):
    more = "again = double\n@tool\ndef act() -> None:\n    'Act.'\n_x = 3\n"
    own = await found(written(tmp_path, DOUBLE + more))
    assert names(own) == ["double", "act"]
    assert own.faults == ()
    assert own.tools[0].file == tmp_path / "mine.py"
    assert own.tools[0].tool.function(x=4) == 8


async def test_a_file_may_use_what_stands_beside_it_and_what_its_own_types_are(tmp_path: Path):
    written(tmp_path, "FACTOR = 7\n", "beside_my_tools.py")
    text = (
        "from __future__ import annotations\nfrom typing import Literal\n"
        + HEAD
        + "from beside_my_tools import FACTOR\nUnit = Literal['c', 'f']\n"
        + "@tool\ndef weather(unit: Unit, ctx: ToolContext) -> int:\n    'Tell.'\n    return FACTOR\n"
    )
    own = await found(written(tmp_path, text))
    assert names(own) == ["weather"]
    assert own.tools[0].tool.context_name == "ctx"


BROKEN = {
    "syntax": ("def f(:\n", "line 1"),
    "exception": ("x = 1\nraise ValueError('no\\nluck')\n", "line 2: ValueError: no luck"),
    "exit": ("import sys\nsys.exit('bye')\n", "line 2: SystemExit: bye"),
    "missing": ("import no_such_module_here\n", "line 1: ModuleNotFoundError: No module named"),
    "bad tool": (HEAD + "@tool\ndef f(x: bytes):\n    'Do.'\n", "unsupported type"),
    "no tool": ("x = 1\n", "has no tools"),
    "escape": ("raise ValueError('\\x1b[2J[red]')\n", "␛[2J[red]"),
    "no text": ("\x00", "null bytes"),
    "interrupt": ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_file_is_told_in_one_line_and_the_others_stay(tmp_path: Path, case: str):
    text, told = BROKEN[case]
    own = await found(written(tmp_path, text, "broken.py"), written(tmp_path, DOUBLE))
    assert names(own) == ["double"]
    (fault,) = own.faults
    assert told in fault
    assert "broken.py" in fault
    assert "\n" not in fault
    assert "\x1b" not in fault


async def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    own = await found(tmp_path / "nowhere.py", tmp_path)
    assert ["is not there" in fault for fault in own.faults] == [True, True]


async def test_a_file_that_hangs_is_given_up_and_the_others_stay(tmp_path: Path):
    clock = VirtualClock()
    text = "import threading\nimport sys\nsys.modules['hanging'] = GO = threading.Event()\nGO.wait(30)\n"
    files = [written(tmp_path, text, "hanging.py"), written(tmp_path, DOUBLE)]
    run = asyncio.create_task(own_tools(files, (), clock))
    await eventually(lambda: "hanging" in sys.modules)
    await clock.advance(modules.LOAD_S)
    async with asyncio.timeout(5):
        own = await run
    sys.modules.pop("hanging").set()  # pyright: ignore
    assert names(own) == ["double"]
    assert [fault.endswith("its import takes too long.") for fault in own.faults] == [True]


async def test_a_name_that_is_taken_already_is_told_and_the_first_keeps_it(tmp_path: Path):
    first, second = written(tmp_path, DOUBLE), written(tmp_path, DOUBLE, "second.py")
    own = await found(first, second, taken=("calculate",))
    assert names(own) == ["double"]
    assert "'double' of" in own.faults[0]
    assert "mine.py have it already" in own.faults[0]
    clash = await found(first, taken=("double",))
    assert clash.tools == ()
    assert "the built-in ones have it already" in clash.faults[0]
