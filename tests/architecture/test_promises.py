"""Every promise has a test, and the page that says so is current."""

from pathlib import Path

import pytest

from scripts.promises import PAGE, named, promised, proofs, rewritten

# The ids that this version owes; a row that goes missing from the page is noticed here.
OWED = named("M1-M32, P1-P34, X1-X27, T1-T19, J1-J26, checks 1-30")


def test_every_promise_owed_stands_on_the_page():
    ids = promised(PAGE.read_text(encoding="utf-8"))
    assert set(ids) == OWED
    assert len(ids) == len(OWED)


@pytest.mark.parametrize("name", sorted(OWED))
def test_every_promise_is_named_by_a_test(name: str):
    assert proofs().get(name)


def test_the_page_names_the_tests_as_they_are():
    page = PAGE.read_text(encoding="utf-8")
    assert rewritten(page, proofs()) == page, "run `make promises`"


def test_ids_are_found_alone_in_lists_and_in_ranges(tmp_path: Path):
    (tmp_path / "test_log.py").write_text("# P13, P15-P17; M5–M7; checks 4, 6 and 12-13\n", encoding="utf-8")
    (tmp_path / "test_bus.py").write_text(
        "# P16 and check 9: XP19 and P161 are something else\n", encoding="utf-8"
    )
    files = proofs(tmp_path)
    assert sorted(files) == sorted(
        ["P13", "P15", "P16", "P17", "M5", "M6", "M7"] + [f"C{n}" for n in (4, 6, 9, 12, 13)]
    )
    assert files["P16"] == ["test_bus.py", "test_log.py"]


def test_a_row_keeps_its_words_and_gets_its_tests():
    page = "| P1 | It holds. | `old.py` |\n| P2 | It, too. |  |\n"
    assert (
        rewritten(page, {"P1": ["a.py", "b.py"]})
        == "| P1 | It holds. | `a.py`<br>`b.py` |\n| P2 | It, too. |  |\n"
    )
