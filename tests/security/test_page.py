"""docs/security.md names the tests that there are."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "security.md"


def test_the_page_names_tests_that_there_are_and_all_of_this_folder() -> None:
    named = set(re.findall(r"`([a-z_/]+\.py)`", PAGE.read_text(encoding="utf-8")))
    assert {name for name in named if not (TESTS / name).is_file()} == set()
    here = {f"security/{file.name}" for file in Path(__file__).parent.glob("test_*.py")}
    assert here - named == {"security/test_page.py"}
