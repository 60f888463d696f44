"""`tools list|show|call`, and talks with tools of the user's own, in the program."""

import json
from pathlib import Path

import pytest

from tests.cli.program import program, value

MINE = '''
from realtime_chat.tools.base import tool
print("printed at import")

@tool(need="read")
def double(x: int) -> int:
    """Double it."""
    print("printed in the call")
    return 2 * x

@tool
def fail() -> None:
    """Fail."""
    raise ValueError("no luck")
'''


@pytest.fixture
def mine(tmp_path: Path) -> str:
    file = tmp_path / "mine.py"
    file.write_text(MINE, encoding="utf-8")
    return str(file)


async def test_tools_are_listed_with_their_need_and_source(tmp_path: Path, mine: str) -> None:
    run = await program(tmp_path, "tools", "list", "--tools", mine)
    lines = run.out.decode().splitlines()
    assert [line.split()[:3] for line in lines if line.startswith(("double", "calculate"))] == [
        ["calculate", "read", "built-in"],
        ["double", "read", "mine.py"],
    ]
    assert b"printed at import" not in run.out
    listed = value(await program(tmp_path, "tools", "list", "--tools", mine, "--json"))
    double = next(one for one in listed["tools"] if one["name"] == "double")
    assert (double["need"], double["source"], double["runs_alone"]) == ("read", mine, False)


async def test_a_tool_is_shown_as_the_model_sees_it(tmp_path: Path, mine: str) -> None:
    shown = value(await program(tmp_path, "tools", "show", "double", "--tools", mine, "--json"))
    assert shown["parameters"]["properties"] == {"x": {"type": "integer"}}
    plain = await program(tmp_path, "tools", "show", "double", "--tools", mine)
    assert "Double it." in plain.out.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("double", "--args", '{"x": 4}'), 0, ""),
        (("double", "--args", '{"x": "four"}'), 2, "must be a whole number"),
        (("double", "--args", "{"), 2, "not valid JSON"),
        (("duoble",), 2, "did you mean 'double'?"),
        (("fail",), 1, "no luck"),
    ],
)
async def test_a_call_by_hand_ends_with_the_code_that_fits(
    tmp_path: Path, mine: str, arguments: tuple[str, ...], code: int, told: str
) -> None:
    run = await program(tmp_path, "tools", "call", *arguments, "--tools", mine)
    assert run.code == code
    assert run.out == (b"8\n" if code == 0 else b"")
    assert told in run.told[-1]


async def test_a_call_by_hand_is_one_value_under_json(tmp_path: Path, mine: str) -> None:
    run = await program(tmp_path, "tools", "call", "fail", "--json", "--tools", mine)
    failed = json.loads(run.out)
    assert (run.code, failed["ok"], failed["error"]["kind"]) == (1, False, "tool_failed")


async def test_a_talk_goes_on_without_a_file_that_fails_and_what_tools_print_is_no_answer(
    tmp_path: Path, mine: str
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import sys\nsys.exit(3)\n")
    config = tmp_path / "settings.toml"
    config.write_text(f"[tools]\nmodules = ['{mine}', '{broken}']\n")
    run = await program(tmp_path, "text", "what is twelve times seven", "--json", "--config", str(config))
    assert "84" in value(run)["text"]
    assert "printed at import" in run.told
    faults = [line for line in run.told if line.startswith("warning:")]
    assert len(faults) == 1
    assert "broken.py are not used: line 2: SystemExit: 3" in faults[0]


async def test_a_built_in_name_stays_built_in_and_no_tools_means_none_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from realtime_chat.tools.base import tool\n@tool\ndef current_time() -> str:\n  'Tell.'\n  return ''\n"
    )
    run = await program(tmp_path, "tools", "list", "--tools", str(file))
    assert "'current_time' of" in run.told[0]
    refused = await program(tmp_path, "text", "hi", "--tools", str(file), "--no-tools")
    assert refused.code == 2
