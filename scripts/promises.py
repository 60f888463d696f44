"""Keep docs/promises.md true: beside each promise stand the test files that name its id.

A test names what it proves in a comment or its name: `# P13, P14`, `M18-M20`, `check 4`, `C4`. Run as a
program, this writes the column anew and tells which promises no test names.
"""

import functools
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "promises.md"
TESTS = ROOT / "tests"

ROW = re.compile(r"^\| (?P<id>[A-Z]\d+) \| (?P<promise>[^|]+?) \|(?P<proof>[^|]*)\|$", re.MULTILINE)
# `P13`, and the ranges `M5-M7`, `C4–10`
MENTION = re.compile(r"\b([MPXTJC])(\d{1,2})\b(?:[-–]\1?(\d{1,2})\b)?")
# `check 9`, `checks 4, 6 and 12-14`: the acceptance checks, C in the table
CHECKS = re.compile(r"\bchecks? (\d+(?:(?:, | and |[-–])\d+)*)")


def span(first: str, last: str | None) -> range:
    """The numbers of a range, or of the one number."""
    return range(int(first), int(last or first) + 1)


def named(text: str) -> set[str]:
    """The ids that a test file names."""
    ids = {
        f"{letter}{number}" for letter, first, last in MENTION.findall(text) for number in span(first, last)
    }
    for numbers in CHECKS.findall(text):
        for first, last in re.findall(r"(\d+)(?:[-–](\d+))?", numbers):
            ids |= {f"C{number}" for number in span(first, last)}
    return ids


@functools.cache
def proofs(folder: Path = TESTS) -> dict[str, list[str]]:
    """Id → the test files that name it, sorted. The architecture tests prove no promise of the program."""
    files: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        if path.parent.name != "architecture":
            for name in named(path.read_text(encoding="utf-8")):
                files.setdefault(name, []).append(path.relative_to(folder).as_posix())
    return files


def promised(page: str) -> list[str]:
    """The ids in the table, in its order."""
    return [row["id"] for row in ROW.finditer(page)]


def rewritten(page: str, files: Mapping[str, Iterable[str]]) -> str:
    """The page with the last column as the tests have it."""

    def row(match: re.Match[str]) -> str:
        proof = "<br>".join(f"`{name}`" for name in files.get(match["id"], ()))
        return f"| {match['id']} | {match['promise']} | {proof} |"

    return ROW.sub(row, page)


def main() -> int:
    """Rewrite the page; 1 when a promise has no test."""
    page, files = PAGE.read_text(encoding="utf-8"), proofs()
    PAGE.write_text(rewritten(page, files), encoding="utf-8")
    missing = [name for name in promised(page) if name not in files]
    if missing:
        print(f"no test names {', '.join(missing)}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
