"""Habits that keep a concurrent program honest, looked for in the syntax."""

import ast

from tests.architecture.source import Module, called, every, modules, suite

QUEUES = {
    f"{home}{kind}" for home in ("asyncio.", "queue.", "") for kind in ("Queue", "LifoQueue", "PriorityQueue")
}
QUEUES_WITHOUT_BOUND = {"queue.SimpleQueue", "SimpleQueue"}
TASK_STARTERS = ("asyncio.create_task", "asyncio.ensure_future", "loop.create_task", "loop().create_task")

#: Where a task has another owner than a TaskGroup: module → who awaits it, and why no group could.
TASKS_OWNED_OTHERWISE = {
    "realtime_chat.local.child": "`_end` awaits it: the child's stderr is read from one call to a later one",
    "realtime_chat.local.program": "`_serve_until_end_of_input` awaits it: a thread must get its cancel",
}


def takes_the_rest(match: ast.Match) -> bool:
    """True when the last case takes whatever is left: `assert_never`, which pyright proves is never met, or
    an answer to anything else."""
    last = match.cases[-1]
    return last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None


def catches_all(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"} for kind in kinds)


def raises_again(handler: ast.ExceptHandler) -> bool:
    """True for a clean-up that lets the error go on, or a seam that makes it one of ours."""
    return isinstance(handler.body[-1], ast.Raise)


def passes_on(handler: ast.ExceptHandler) -> bool:
    """True when the error goes on as a value: as the outcome of a call, say."""
    names = {
        node.id for statement in handler.body for node in ast.walk(statement) if isinstance(node, ast.Name)
    }
    return handler.name in names


def says_why(module: Module, handler: ast.ExceptHandler) -> bool:
    """A comment above the `except`, on it, or between it and its first statement."""
    between = module.lines[handler.lineno - 1 : handler.body[0].lineno - 1]
    return module.says_why(handler) or any("  # " in line for line in between)


def has_bound(queue: ast.Call) -> bool:
    sizes = queue.args[:1] + [word.value for word in queue.keywords if word.arg == "maxsize"]
    return bool(sizes) and not (isinstance(sizes[0], ast.Constant) and not sizes[0].value)


def is_boundless_queue(call: ast.Call) -> bool:
    name = called(call)
    return name in QUEUES_WITHOUT_BOUND or (name in QUEUES and not has_bound(call))


def sleeps(call: ast.Call) -> bool:
    """A wait for time to pass; `asyncio.sleep(0)` only lets others run."""
    if called(call) not in {"time.sleep", "asyncio.sleep", "sleep"}:
        return False
    return not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)


def free_tasks() -> dict[str, str]:
    """Module → where it starts a task that no group owns."""
    calls = every(ast.Call, modules())
    return {one.name: one.at(call) for one, call in calls if called(call).endswith(TASK_STARTERS)}


def test_every_match_says_what_happens_to_the_rest():
    matches = every(ast.Match, modules())
    assert [one.at(match) for one, match in matches if not takes_the_rest(match)] == []


def test_nothing_is_caught_without_a_name():
    handlers = every(ast.ExceptHandler, modules())
    assert [one.at(handler) for one, handler in handlers if handler.type is None] == []


def test_whoever_catches_everything_passes_it_on_or_says_why_not():
    greedy = [(one, handler) for one, handler in every(ast.ExceptHandler, modules()) if catches_all(handler)]
    ending = [
        (one, handler) for one, handler in greedy if not raises_again(handler) and not passes_on(handler)
    ]
    assert [one.at(handler) for one, handler in ending if not says_why(one, handler)] == []


def test_every_task_belongs_to_a_group():
    assert {name: where for name, where in free_tasks().items() if name not in TASKS_OWNED_OTHERWISE} == {}


def test_an_exception_is_listed_only_while_it_is_needed():
    assert set(TASKS_OWNED_OTHERWISE) <= set(free_tasks())


def test_every_queue_has_a_bound():
    calls = every(ast.Call, modules())
    assert [one.at(call) for one, call in calls if is_boundless_queue(call)] == []


def test_no_test_waits_for_time_to_pass():
    """But for those with a sound card: its time is real, and the terminal is looked at again and again."""
    calls = [one.at(call) for one, call in every(ast.Call, suite()) if sleeps(call)]
    assert [where for where in calls if not where.startswith("tests/devices/")] == []


def test_only_programs_print():
    programs = ("realtime_chat.cli", "realtime_chat.local")
    calls = every(ast.Call, [one for one in modules() if not one.name.startswith(programs)])
    assert [one.at(call) for one, call in calls if called(call) == "print"] == []


def test_the_looks_see_what_they_should():
    code = "asyncio.Queue()\nasyncio.Queue(0)\nQueue(maxsize=8)\nasyncio.sleep(0)\nasyncio.sleep(1)"
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    assert [is_boundless_queue(call) for call in calls] == [True, True, False, False, False]
    assert [sleeps(call) for call in calls] == [False, False, False, False, True]
    code = "match a:\n case 1: pass\n case _: pass\nmatch a:\n case _ if b: pass"
    matches = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Match)]
    assert [takes_the_rest(match) for match in matches] == [True, False]
