"""The programs that stand beside ours: installed once, each into an environment of its own under .bench/."""

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import NotMeasured

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".bench"
#: What takes longer to install is left out: a slow network is no reason to wait for ten minutes.
INSTALL_WITHIN_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """`screen`: arguments that show the first picture, by which time `shows` is on it; None for a library."""

    name: str
    install: list[str]
    program: str = ""
    screen: list[str] = field(default_factory=list[str])
    shows: str = ""
    stands: bool = False  # it draws a screen and waits
    full: bool = False

    @property
    def home(self) -> Path:
        """Its environment."""
        return FOLDER / "peers" / self.name

    def python(self) -> str:
        """Its Python. Raises NotMeasured when it cannot be installed."""
        stamp = self.home / ".ready"
        wanted = f"{sys.version} {self.install}"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            self._make()
            stamp.write_text(wanted, encoding="utf-8")
        return str(self.home / "bin" / "python")

    def command(self) -> str:
        """Its program. Raises NotMeasured when it cannot be installed."""
        return str(Path(self.python()).with_name(self.program))

    def _make(self) -> None:
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        print(f"installing {', '.join(self.install)}", file=sys.stderr)
        for command in (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(self.home)],
            [uv, "pip", "install", "--quiet", "--python", f"{self.home}/bin/python", *self.install],
        ):
            try:
                subprocess.run(
                    command,
                    check=True,
                    timeout=INSTALL_WITHIN_S,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise NotMeasured(f"it could not be installed ({reason(error)})") from error


def reason(error: Exception) -> str:
    """One line."""
    said: object = getattr(error, "stderr", None)
    lines = said.decode(errors="replace").splitlines() if isinstance(said, bytes) else []
    told = [line.strip() for line in lines if line.strip()]
    best = [line for line in told if "error" in line.lower()] or told or [type(error).__name__]
    return best[0][:200]


def peers() -> dict[str, Peer]:
    """All of them, by name."""
    table = tomllib.loads(Path(__file__).with_name("peers.toml").read_text(encoding="utf-8"))
    return {name: Peer(name=name, **values) for name, values in table.items()}


def programs(*, full: bool) -> list[Peer]:
    """Those that one starts from a terminal."""
    return [one for one in peers().values() if one.program and (full or not one.full)]
