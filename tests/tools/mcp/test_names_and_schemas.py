"""What foreign names and schemas become, whatever they are."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.tools.mcp.names import Origin, named
from realtime_chat.tools.mcp.schemas import accepted

ORIGINS = st.tuples(st.sampled_from(["a", "a_", "a.b", "a b", "x" * 70]), st.text(max_size=90))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "items", "properties", "$ref", "anyOf", "a"]), inner)
    ),
)
TYPED = st.dictionaries(st.sampled_from(["properties", "required", "$defs", "oneOf"]), JSON, max_size=3).map(
    lambda schema: {**schema, "type": "object"}
)


@given(st.lists(ORIGINS, unique=True, max_size=30), st.booleans())
def test_every_origin_has_a_name_of_its_own_in_every_providers_grammar(
    origins: list[Origin], turned: bool
) -> None:
    names = named(origins)
    assert list(names) == origins
    assert len(set(names.values())) == len(origins)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names.values())
    assert named(sorted(origins, reverse=turned)) == names


def test_a_name_stays_plain_unless_it_must_not() -> None:
    names = named([("a", "b__c"), ("a__b", "c"), ("a", "d.e"), ("a", "f"), ("a", "g")], taken={"a__g"})
    assert names["a", "d.e"] == "a__d_e"
    assert names["a", "f"] == "a__f"
    marked = [names["a", "b__c"], names["a__b", "c"], names["a", "g"]]
    assert all(re.fullmatch(r"a__\w+_[0-9a-f]{8}", name) for name in marked)


def arrays(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for entry in value for found in arrays(entry)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.get("type") == "array" else []
    return own + [found for entry in value.values() for found in arrays(entry)]


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4) | TYPED)
def test_whatever_a_server_writes_the_provider_gets_an_object_with_whole_arrays(
    schema: dict[str, Any],
) -> None:
    told = accepted(schema)
    assert told["type"] == "object"
    assert isinstance(told["properties"], dict)
    assert not {"oneOf", "anyOf", "allOf", "not", "enum"} & told.keys()
    assert all("items" in one for one in arrays(told))
    assert json.loads(json.dumps(told)) == told


def test_a_plain_schema_is_told_as_it_is() -> None:
    schema = {
        "type": "object",
        "properties": {"tags": {"type": "array", "items": {"type": "string"}}, "n": {"anyOf": [{}, {}]}},
        "required": ["tags"],
    }
    assert accepted(schema) == schema


def test_a_schema_that_only_points_to_another_is_followed() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    told = accepted({"$ref": "#/$defs/Arguments", "$defs": {"Arguments": inner}})
    assert told["properties"] == inner["properties"]


def test_a_schema_without_bottom_becomes_any_object() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"type": "object", "properties": {"inner": deep}}
    assert accepted(deep) == {"type": "object", "properties": {}, "additionalProperties": True}
