"""Check, without a network, that requirements.lock answers for pyproject.toml.

Every requirement is locked at a version it admits, every locked package has hashes, and the file names no
host, so that everyone's own package index serves it.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)", re.MULTILINE)


def requirements(project: dict[str, Any]) -> Iterator[Requirement]:
    """What pyproject.toml asks for: at run time, by extras, and by the developers' groups."""
    lists = [
        project["project"]["dependencies"],
        *project["project"].get("optional-dependencies", {}).values(),
        *project.get("dependency-groups", {}).values(),
    ]
    yield from (Requirement(line) for lines in lists for line in lines if isinstance(line, str))


def problems(project: dict[str, Any], lock: str) -> Iterator[str]:
    """One sentence for each way in which the lock does not answer for the project."""
    # A package may be locked more than once, for different machines.
    pins = [(canonicalize_name(pin["name"]), pin["version"], pin["rest"]) for pin in PIN.finditer(lock)]
    for wanted in requirements(project):
        versions = [version for name, version, _ in pins if name == canonicalize_name(wanted.name)]
        if not versions:
            yield f"{wanted.name} is not locked"
        for version in versions:
            if not wanted.specifier.contains(version, prereleases=True):
                yield f"{wanted.name} is locked at {version}, which {wanted.specifier} does not admit"
    for name, _, rest in pins:
        if "--hash=sha256:" not in rest:
            yield f"{name} has no hash"
    for line in re.findall(r".*(?:://|--index-url|--find-links).*", lock):
        yield f"it names a host: {line.strip()}"


def main() -> int:
    """Print what is wrong; 1 when something is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = list(problems(project, (ROOT / "requirements.lock").read_text(encoding="utf-8")))
    for problem in found:
        print(f"requirements.lock: {problem}; `make lock` writes it anew", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
