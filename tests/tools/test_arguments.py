"""Arguments as models write them, through a real call."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_chat.tools.arguments import read_arguments
from realtime_chat.tools.base import tool
from tests.tools.kit import Bench


@tool
def order(
    dish: str,
    count: int = 1,
    price: float = 1.5,
    hot: bool = True,
    extras: list[str] | None = None,
    size: Literal["small", "large"] = "small",
) -> dict[str, Any]:
    """Order a dish."""
    return {"dish": dish, "count": count, "price": price, "hot": hot, "extras": extras, "size": size}


@tool
def nothing() -> str:
    """Do nothing."""
    return "done"


@pytest.mark.parametrize("text", ["", "  \n", "{}"])
async def test_no_text_means_no_arguments(tmp_path: Path, text: str):
    assert (await Bench(tmp_path, nothing).one("nothing", text)).output == "done"


async def test_given_arguments_and_defaults_reach_the_function(tmp_path: Path):
    text = '{"dish":"soup","count":2.0,"price":3,"extras":["salt"],"size":"large"}'
    outcome = await Bench(tmp_path, order).one("order", text)
    assert json.loads(outcome.output) == {
        "dish": "soup",
        "count": 2,
        "price": 3.0,
        "hot": True,
        "extras": ["salt"],
        "size": "large",
    }


# M23, and check 4's first half: a bad call still has its one answer.
BAD = [
    ('{"dish": "so', "not valid JSON"),
    ('{"dish": NaN}', "not valid JSON"),
    ("[" * 100_000, "not valid JSON"),
    ('{"dish": "a"} extra', "not valid JSON"),
    ('["soup"]', "one JSON object, not a list"),
    ("null", "one JSON object, not null"),
    ("{}", "'dish' (a text) is missing"),
    ('{"dish": 5}', "'dish' must be a text, not the number 5"),
    ('{"dish": "a", "coutn": 2}', "'coutn' is unknown (did you mean 'count'?)"),
    ('{"dish": "a", "zzz": 2}', "'zzz' is unknown (it takes dish, count"),
    ('{"dish": "a", "count": "2"}', "'count' must be a whole number, not the text '2'"),
    ('{"dish": "a", "count": true}', "'count' must be a whole number, not true or false"),
    ('{"dish": "a", "count": 1.5}', "'count' must be a whole number"),
    ('{"dish": "a", "price": true}', "'price' must be a number"),
    ('{"dish": "a", "price": 1' + "0" * 400 + "}", "'price' must be a number"),
    ('{"dish": "a", "hot": 1}', "'hot' must be true or false"),
    (
        '{"dish": "a", "extras": ["b", 1]}',
        "'extras' is not a list of texts or null (entry 2: must be a text)",
    ),
    ('{"dish": "a", "extras": {}}', "'extras' must be a list of texts or null, not an object"),
    ('{"dish": "a", "size": "huge"}', "'size' must be one of 'small', 'large'"),
    ('{"dish": null, "count": 0.5}', "'dish' must be a text, not null; argument 'count'"),
]


@pytest.mark.parametrize(("text", "told"), BAD)
async def test_a_bad_call_is_answered_with_what_is_wrong(tmp_path: Path, text: str, told: str):
    outcome = await Bench(tmp_path, order).one("order", text)
    assert not outcome.ok
    assert told in json.loads(outcome.output)["error"]
    assert outcome.error is not None
    assert outcome.error.kind == "invalid_args"


async def test_a_tool_without_arguments_says_so(tmp_path: Path):
    outcome = await Bench(tmp_path, nothing).one("nothing", '{"a": 1}')
    assert "it takes none" in outcome.output


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text() | JSON.map(json.dumps) | st.dictionaries(st.just("dish"), JSON).map(json.dumps))
async def test_whatever_a_model_writes_gets_exactly_one_outcome(tmp_path: Path, text: str):
    # M23
    outcome = await Bench(tmp_path, order).one("order", text)
    assert outcome.call_id == "only"
    assert outcome.ok == (outcome.error is None)


@given(dish=st.text(), count=st.integers(-(2**40), 2**40), extras=st.none() | st.lists(st.text()))
def test_arguments_survive_the_way_through_json(dish: str, count: int, extras: list[str] | None):
    given_ = {"dish": dish, "count": count, "extras": extras}
    assert read_arguments(json.dumps(given_), order.parameters) == given_
