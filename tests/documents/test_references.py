"""What the pages point at is there: files, headings, modules, settings, extras."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.cli.settings import load
from tests.documents.commands import targets
from tests.documents.pages import PAGES, ROOT, Block, all_blocks, beside_the_pages, blocks, name_of

pytestmark = beside_the_pages

PACKAGE = ROOT / "realtime_chat"
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
#: `core/machine/turns`, `core/transports/openai`, `tests/conftest.py`, `scripts/virtual-audio`.
_PLACE = re.compile(r"`((?:core|audio|tools|local|cli|tests|scripts|docs|examples)/[\w./-]+)[` ]")
_INDEX = ROOT / "docs" / "README.md"


def prose(page: Path) -> str:
    """Without its blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """Its headings as links name them."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def places(name: str) -> list[Path]:
    """What it may mean: a module or a folder of the package, or a file of the project."""
    return [PACKAGE / f"{name}.py", PACKAGE / name, ROOT / name, ROOT / "tests" / name]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(prose(page)):
        file = page.parent / target if target else page
        assert file.exists(), f"{target} of {name_of(page)}"
        assert not anchor or anchor in anchors(file), f"#{anchor} of {name_of(page)}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_module_that_is_named_is_there(page: Path) -> None:
    made = {block.name for block in blocks(page)}  # by whoever follows a walk
    for name in set(_PLACE.findall(prose(page))) - made:
        assert any(place.exists() for place in places(name.rstrip("/"))), f"{name} of {name_of(page)}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_shows_where_two_versions_of_it_met(page: Path) -> None:
    marks = re.findall(
        r"^(?:<{7}|>{7}|\|{7})(?: .*)?$|^={7}$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert marks == []


@pytest.mark.parametrize("room", ["core", "core/machine"])
def test_the_map_names_every_module_of_the_rooms_that_decide(room: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {name.split("/")[-1].removesuffix(".py") for name in re.findall(r"`([\w/.]+)`", text)}
    modules = {file.stem for file in (PACKAGE / room).glob("*.py") if file.stem != "__init__"}
    assert modules <= named


def test_what_the_page_of_symptoms_quotes_is_what_the_program_says() -> None:
    sources = [*PACKAGE.rglob("*.py"), *ROOT.glob("scripts/*.sh")]
    said = re.sub(r'"\s*\n\s*f?"', "", "".join(one.read_text(encoding="utf-8") for one in sources))
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    symptoms = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    quoted = [words for symptom in symptoms for words in re.findall(r'[`"]([^`"]+)[`"]', symptom)]
    pieces = [piece for words in quoted for piece in re.split(r"…|^\w+: | \(n s\)", words) if piece.strip()]
    assert [piece for piece in pieces if piece.strip() not in said] == []
    assert len(pieces) > 10


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_and_program_that_is_named_in_a_sentence_exists(page: Path) -> None:
    text = prose(page)
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets()
    for module in re.findall(r"`[^`\n]*python -m ((?:benchmarks|scripts|realtime_chat)[\w.]*)", text):
        file = ROOT / module.replace(".", "/")
        assert file.with_suffix(".py").is_file() or (file / "__main__.py").is_file(), module


def test_every_page_stands_in_the_index() -> None:
    linked = {(_INDEX.parent / target).resolve() for target, _ in _LINK.findall(prose(_INDEX))}
    assert {page.resolve() for page in PAGES} <= linked | {_INDEX.resolve(), ROOT / "README.md"}


@pytest.mark.parametrize("block", all_blocks("toml"), ids=lambda block: block.at)
def test_settings_that_a_page_shows_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: Block
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\$\{(\w+)\}", block.text):
        monkeypatch.setenv(name, "x")
    file = tmp_path / "config.toml"
    file.write_text(block.text, encoding="utf-8")
    assert tables(load(file).model_dump(mode="json"), tomllib.loads(block.text))


def tables(taken: Any, shown: Any) -> bool:
    """Whether all tables and keys of what was shown arrived."""
    if not isinstance(shown, dict):
        return True
    return all(key in taken and tables(taken[key], value) for key, value in shown.items())


def test_every_extra_that_a_page_names_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        extra
        for page in PAGES
        for extra in re.findall(r"(?:realtime-chat|\.)\[(\w+)\]", page.read_text(encoding="utf-8"))
    }
    assert named <= set(project["optional-dependencies"])
    assert len(named) > 3
