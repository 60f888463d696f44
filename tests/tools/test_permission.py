"""Which calls run, which ask, which do not: the table, and what no rule, mode or grant may ever do."""

import json
from pathlib import Path
from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import Need
from realtime_chat.tools.permission import (
    Allowed,
    Asked,
    Denied,
    Grant,
    PermissionMode,
    Policy,
    Wanted,
    judge,
    read_rule,
    scope_of,
)
from realtime_chat.tools.standard import standard_tools
from tests.tools.kit import Bench, kind

NEEDS: list[Need | None] = [*get_args(Need), None]
MODES: list[PermissionMode] = ["auto", "ask", "read-only"]


def wanted(tool: str = "write_file", need: Need | None = "write", **arguments: Any) -> Wanted:
    target = next((name for name in ("path", "url", "command") if name in arguments), None)
    place = arguments["path"] if target == "path" and isinstance(arguments["path"], str) else None
    return Wanted(tool=tool, need=need, arguments=arguments, target=target, place=place)


def policy(mode: PermissionMode = "ask", **rules: list[str]) -> Policy:
    return Policy(mode=mode, **{name: tuple(map(read_rule, texts)) for name, texts in rules.items()})


def outcome(policy: Policy, call: Wanted, *grants: Grant) -> str:
    return type(judge(policy, grants, call)).__name__


@pytest.mark.parametrize(
    ("mode", "runs", "asks"),
    [
        ("auto", {"read", "own", "write", "run", "network", None}, set[Need | None]()),
        ("ask", {"read", "own"}, {"write", "run", "network", None}),
        ("read-only", {"read"}, set[Need | None]()),
    ],
)
def test_a_mode_decides_by_what_a_tool_touches(
    mode: PermissionMode, runs: set[Need | None], asks: set[Need | None]
):
    # P18, X18, C18: auto never asks; reading and the user's own things never ask; read-only denies, it does not ask
    decisions = {need: outcome(policy(mode), wanted(need=need)) for need in NEEDS}
    assert {need for need, one in decisions.items() if one == "Allowed"} == runs
    assert {need for need, one in decisions.items() if one == "Asked"} == asks


@pytest.mark.parametrize(
    ("rules", "call", "decision"),
    [
        ({"deny": ["write_file"], "allow": ["*"]}, wanted(path="a"), Denied),
        ({"deny": ["*"]}, wanted(need="read"), Denied),
        ({"allow": ["write_*"]}, wanted(path="a"), Allowed),
        ({"allow": ["write_file(notes/*)"]}, wanted(path="notes/a"), Allowed),
        ({"allow": ["write_file(notes/*)"]}, wanted(path="other/a"), Asked),
        ({"allow": ["write_file(text=hello*)"]}, wanted(path="a", text="hello you"), Allowed),
        ({"allow": ["write_file(text=hello*)"]}, wanted(path="a"), Asked),
        ({"ask": ["read_*"]}, wanted("read_file", "read", path="a"), Asked),
        ({"ask": ["write_file"], "allow": ["*"]}, wanted(path="a"), Asked),
        ({"deny": ["write_file(secret/*)"]}, wanted(path="SECRET/a"), Denied),
        ({"deny": ["write_file(secret/*)"]}, wanted(path="x/../secret/a"), Denied),
        ({"deny": ["write_file(secret/*)"]}, wanted(path=".\\secret\\a"), Denied),
        ({"deny": ["write_file(secret/*)"]}, wanted(path="ｓｅｃｒｅｔ/a"), Denied),
        ({"deny": ["move(*.env)"]}, wanted("move", "write", pairs=[{"to": "x/.ENV"}]), Denied),
        ({"allow": ["run(git *)"]}, wanted("run", "run", command="git status"), Allowed),
        ({"allow": ["run(git *)"]}, wanted("run", "run", command="git x; rm -rf ."), Asked),
        ({"allow": ["run(git *)"]}, wanted("run", "run", command="git $(rm x)"), Asked),
        ({"allow": ["get(https://a.org/*)"]}, wanted("get", "network", url="https://a.org/x"), Allowed),
        ({"allow": ["get(https://*.a.org/*)"]}, wanted("get", "network", url="https://evil/.a.org/"), Asked),
        ({"allow": ["get(https://a.org*)"]}, wanted("get", "network", url="https://a.org@evil/"), Asked),
        ({"allow": ["get(*)"]}, wanted("get", "network", url="https://anywhere/"), Allowed),
    ],
)  # fmt: skip
def test_rules_catch_widely_and_cover_narrowly(
    rules: dict[str, list[str]], call: Wanted, decision: type[object]
):
    # X18: deny before ask before allow before the mode
    assert isinstance(judge(policy("ask", **rules), (), call), decision)


def test_a_path_is_judged_by_where_it_leads():
    call = Wanted(
        tool="write_file",
        need="write",
        arguments={"path": "notes/link/a"},
        target="path",
        place="secret/a",
    )
    assert outcome(policy(deny=["write_file(secret/*)"]), call) == "Denied"
    assert outcome(policy(allow=["write_file(notes/*)"]), call) == "Asked"


@pytest.mark.parametrize("text", ["", "two words", "tool(", "(x)", "tool(x) y"])
def test_a_rule_that_cannot_be_read_is_refused(text: str):
    with pytest.raises(InvalidArguments, match="TOOL"):
        read_rule(text)


def test_every_decision_that_stops_a_call_tells_its_reason():
    assert "secret" in judge(policy(deny=["write_file(secret)"]), (), wanted(path="secret")).reason
    assert "read-only" in judge(policy("read-only"), (), wanted()).reason
    assert "program" in judge(policy(), (), wanted("run", "run")).reason


NAMES = st.sampled_from(["write_file", "run", "get"])
VALUES = st.sampled_from(["a", "b", "notes/a", "A", "./a"]) | st.integers(0, 2)
ARGUMENTS = st.dictionaries(st.sampled_from(["path", "command", "text"]), VALUES, max_size=3)
RULES = st.lists(
    st.sampled_from(["*", "write_file", "run(a)", "write_file(text=*)", "w*(a*)", "get"]).map(read_rule),
    max_size=3,
).map(tuple)
CALLS = st.builds(
    lambda tool, need, given: wanted(tool, need, **given), NAMES, st.sampled_from(NEEDS), ARGUMENTS
)
POLICIES = st.builds(Policy, mode=st.sampled_from(MODES), deny=RULES, ask=RULES, allow=RULES)


@given(policy=POLICIES, call=CALLS)
def test_a_deny_rule_always_wins(policy: Policy, call: Wanted):
    assume(any(rule.catches(call) for rule in policy.deny))
    assert isinstance(judge(policy, [scope_of(call)], call), Denied)


@given(policy=POLICIES, call=CALLS, granted=st.lists(CALLS, max_size=3))
def test_read_only_never_lets_anything_but_reading_run(policy: Policy, call: Wanted, granted: list[Wanted]):
    # P18, whatever was allowed and granted
    assume(policy.mode == "read-only" and call.need != "read")
    assert isinstance(judge(policy, [scope_of(one) for one in (*granted, call)], call), Denied)


@given(mode=st.sampled_from(MODES), shown=CALLS, later=CALLS)
def test_a_grant_never_covers_more_than_the_card_showed(mode: PermissionMode, shown: Wanted, later: Wanted):
    decision = judge(Policy(mode=mode), [scope_of(shown)], later)
    if isinstance(decision, Allowed) and decision.by == "grant":
        assert later.tool == shown.tool
        same_place = shown.need == "write" and later.place == shown.place is not None
        assert later.arguments == shown.arguments or same_place


@given(call=CALLS)
def test_a_grant_covers_the_call_it_was_given_for(call: Wanted):
    assert outcome(policy("ask"), call, scope_of(call)) == "Allowed"


@pytest.mark.parametrize("mode", MODES)
async def test_no_mode_rule_or_grant_opens_the_fence_around_the_workspace(
    tmp_path: Path, mode: PermissionMode
):
    # P18: the hard floor
    (tmp_path / "work").mkdir()
    (tmp_path / "secret").write_text("hidden")
    (tmp_path / "work" / "link").symlink_to(tmp_path / "secret")
    bench = Bench(tmp_path, *standard_tools(), policy=policy(mode, allow=["*"]))
    for path in ("../secret", str(tmp_path / "secret"), "link"):
        outcome = await bench.one("read_file", json.dumps({"path": path}))
        assert (outcome.ok, kind(outcome)) == (False, "invalid_args")


def test_a_rule_for_one_tool_allows_no_other():
    rules = policy(allow=["write_file", "run(make*)"])
    assert outcome(rules, wanted("run", "run", command="make all")) == "Allowed"
    assert outcome(rules, wanted("run_shell", "run", command="make all")) == "Asked"
