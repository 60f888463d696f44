"""The tools that come with the house."""

from pathlib import Path

from realtime_chat.core.ports import Clock
from realtime_chat.tools.base import Surroundings, Tool
from realtime_chat.tools.builtin.add_note import add_note
from realtime_chat.tools.builtin.add_to_list import add_to_list
from realtime_chat.tools.builtin.calculate import calculate
from realtime_chat.tools.builtin.cancel_timer import cancel_timer
from realtime_chat.tools.builtin.current_date import current_date
from realtime_chat.tools.builtin.current_time import current_time
from realtime_chat.tools.builtin.fetch_url import fetch_url
from realtime_chat.tools.builtin.list_folder import list_folder
from realtime_chat.tools.builtin.list_timers import list_timers
from realtime_chat.tools.builtin.read_file import read_file
from realtime_chat.tools.builtin.read_list import read_list
from realtime_chat.tools.builtin.read_notes import read_notes
from realtime_chat.tools.builtin.remove_from_list import remove_from_list
from realtime_chat.tools.builtin.run import run, run_shell
from realtime_chat.tools.builtin.search_files import search_files
from realtime_chat.tools.builtin.search_sessions import search_sessions
from realtime_chat.tools.builtin.set_timer import set_timer
from realtime_chat.tools.builtin.write_file import write_file
from realtime_chat.tools.door import Permissions
from realtime_chat.tools.registry import Registry
from realtime_chat.tools.runner import Limits, Runner


def standard_tools() -> list[Tool]:
    """The tools that are always on. None of them changes anything but the user's own notes, lists and timers."""
    return [
        current_time,
        current_date,
        calculate,
        set_timer,
        list_timers,
        cancel_timer,
        add_note,
        read_notes,
        add_to_list,
        read_list,
        remove_from_list,
        list_folder,
        read_file,
        search_files,
        search_sessions,
    ]


def risky_tools() -> list[Tool]:
    """The built-in tools that are off until the user enables them: they change files, run programs, and talk
    with the network."""
    return [write_file, run, run_shell, fetch_url]


def standard_toolbox(
    *,
    workspace: Path,
    data_dir: Path,
    clock: Clock,
    limits: Limits | None = None,
    permissions: Permissions | None = None,
) -> Runner:
    """A Toolbox of the tools that are always on. Files are read below `workspace`; notes, lists and timers live
    in `data_dir`, which is made when first needed."""
    surroundings = Surroundings(workspace=workspace, data_dir=data_dir, clock=clock)
    return Runner(Registry(standard_tools()), surroundings, limits=limits, permissions=permissions)
