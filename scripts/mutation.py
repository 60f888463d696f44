"""Break the machine and its parts on purpose, a sample of all small ways, and count what the tests notice.

`python -m scripts.mutation --count 400 --seed 1` draws the sample, lets mutmut run the tests in memory against
each mutant (pyproject.toml says which), and prints a table by file and what survived. Ends with 1 below the goal.
The same seed over the same code draws the same sample.
"""

import argparse
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).parent.parent
MUTMUT = Path(sys.executable).with_name("mutmut")
GOAL = 85
NOTICED = {"killed", "timeout", "segfault", "suspicious"}


def mutants(path: Path) -> list[str]:
    """All mutants of a file, by the names that mutmut gives them."""
    mutated = mutate_file_contents(str(path), path.read_text(encoding="utf-8"))
    return [get_mutant_name(path, name) for name in mutated.mutant_names]


def drawn(count: int, seed: int) -> dict[Path, list[str]]:
    """So many of all mutants, each as likely as any other."""
    paths = [path for root in config().source_paths for path in sorted(root.rglob("*.py"))]
    population = [(path, name) for path in paths if config().should_mutate(path) for name in mutants(path)]
    print(f"{len(population)} mutants in all; {count} drawn with seed {seed}", flush=True)
    sample: dict[Path, list[str]] = {}
    for path, name in sorted(random.Random(seed).sample(population, min(count, len(population)))):
        sample.setdefault(path, []).append(name)
    return sample


def outcomes(path: Path, names: list[str]) -> dict[str, str]:
    """What became of them in mutmut's last run."""
    data = SourceFileMutationData(path=path)
    data.load()
    return {name: status_by_exit_code[data.exit_code_by_key[name]] for name in names}


def report(sample: dict[Path, list[str]]) -> float:
    """Print what survived and a row for each file; the score in per cent."""
    found = {path: outcomes(path, names) for path, names in sample.items()}
    for path, of_file in found.items():
        for name, outcome in of_file.items():
            if outcome not in NOTICED:
                print(f"\n{outcome}: {name}\n{get_diff_for_mutant(name, path=path)}")
    print("\n| file | mutants | noticed | % |\n|---|---|---|---|")
    total = Counter[str]()
    for path, of_file in found.items():
        noticed = sum(outcome in NOTICED for outcome in of_file.values())
        print(
            f"| {path.relative_to('realtime_chat')} | {len(of_file)} | {noticed} | {100 * noticed // len(of_file)} |"
        )
        total.update(of_file.values())
    noticed = sum(total[outcome] for outcome in NOTICED)
    print(f"| all | {total.total()} | {noticed} | {100 * noticed / total.total():.1f} |\n\n{dict(total)}")
    return 100 * noticed / total.total()


def main() -> int:
    """Draw, run, report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=400)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--processes", type=int, default=1)
    options = arguments.parse_args()
    sample = drawn(options.count, options.seed)
    names = [name for of_file in sample.values() for name in of_file]
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)  # it remembers which test reaches what
    subprocess.run([MUTMUT, "run", "--max-children", str(options.processes), *names], cwd=ROOT, check=True)
    return 0 if report(sample) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
