"""Types of one's own as parameters: each is told to the model, checked, and handed over as Python wants it."""

import enum
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import pytest
from pydantic import BaseModel, Field

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import ToolContext, tool
from tests.tools.kit import Bench


class Unit(enum.Enum):
    CELSIUS = "c"
    FAHRENHEIT = "f"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Place:
    town: str
    height: float | None = None
    tags: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        if not self.town:
            raise ValueError("a place has a name")


class Range(TypedDict):
    first: int
    last: NotRequired[int]


class Person(BaseModel):
    name: str = Field(min_length=1)


class Visit(BaseModel):
    who: Person
    others: list[Person] = []


class Endless(BaseModel):
    next: "Endless | None" = None


@dataclass
class Circle:
    inner: "Circle | None" = None


seen: list[dict[str, Any]] = []


@tool
def plan(
    place: Place,
    visit: Visit,
    days: Range,
    ctx: ToolContext,
    unit: Unit = Unit.CELSIUS,
    level: Level = Level.LOW,
    costs: dict[str, float] | None = None,
    stops: Annotated[list[Place], "on the way"] = [],  # noqa: B006
    back: Place = Place("home"),  # noqa: B008
) -> None:
    """Plan a trip."""
    seen.append({name: value for name, value in locals().items() if name != "ctx"})


PLACE = {
    "type": "object",
    "properties": {
        "town": {"type": "string"},
        "height": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["town"],
    "additionalProperties": False,
}


def test_each_type_is_told_to_the_model_without_references():
    told = plan.schema.parameters["properties"]
    assert told["place"] == PLACE
    assert told["days"]["properties"] == {"first": {"type": "integer"}, "last": {"type": "integer"}}
    assert told["days"]["required"] == ["first"]
    assert told["unit"] == {"type": "string", "enum": ["c", "f"], "default": "c"}
    assert told["level"] == {"type": "integer", "enum": [1, 2], "default": 1}
    assert told["stops"] == {"type": "array", "items": PLACE, "description": "on the way", "default": []}
    assert told["back"]["default"] == {"town": "home", "height": None, "tags": []}
    assert told["visit"]["properties"]["who"]["properties"]["name"]["minLength"] == 1
    assert "$ref" not in json.dumps(plan.schema.parameters)
    assert plan.schema.parameters["required"] == ["place", "visit", "days"]


GOOD = {"place": {"town": "Ulm"}, "visit": {"who": {"name": "Zoë"}}, "days": {"first": 1}}


async def test_arguments_arrive_as_python_wants_them(tmp_path: Path):
    bench = Bench(tmp_path, plan)
    more = {"unit": "f", "level": 2, "costs": {"bus": 3}, "stops": [{"town": "Bonn", "height": 60}]}
    seen.clear()
    assert (await bench.one("plan", json.dumps({**GOOD, **more}))).ok
    assert seen == [
        {
            "place": Place("Ulm"),
            "visit": Visit(who=Person(name="Zoë")),
            "days": {"first": 1},
            "unit": Unit.FAHRENHEIT,
            "level": Level.HIGH,
            "costs": {"bus": 3.0},
            "stops": [Place("Bonn", 60.0)],
            "back": Place("home"),
        }
    ]
    seen.clear()
    assert (await bench.one("plan", json.dumps(GOOD))).ok
    assert (seen[0]["unit"], seen[0]["back"]) == (Unit.CELSIUS, Place("home"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"place": {"town": 1}}, "'place' is not an object with town, height, tags (town: must be a text)"),
        ({"place": {}}, "'town' is missing"),
        ({"place": {"town": "x", "hight": 1}}, "'hight' is unknown, it has town, height, tags"),
        ({"place": {"town": ""}}, "a place has a name"),
        ({"place": "Ulm"}, "'place' must be an object with town, height, tags, not the text 'Ulm'"),
        ({"visit": {"who": {"name": ""}}}, "who.name: String should have at least 1 character"),
        ({"visit": 1}, "'visit' must be an object"),
        ({"unit": "k"}, "'unit' must be one of 'c', 'f'"),
        ({"level": True}, "'level' must be one of 1, 2"),
        ({"costs": {"bus": "3"}}, "bus: must be a number"),
        ({"stops": [{"town": "a"}, {"town": 2}]}, "entry 2: town: must be a text"),
    ],
)
async def test_what_does_not_fit_is_told_with_its_place(tmp_path: Path, wrong: dict[str, Any], told: str):
    outcome = await Bench(tmp_path, plan).one("plan", json.dumps({**GOOD, **wrong}))
    assert not outcome.ok
    assert told in json.loads(outcome.output)["error"]


@dataclass
class Raw:
    data: bytes


@dataclass
class Lost:
    where: "Nowhere"  # noqa: F821  # pyright: ignore


class Mixed(enum.Enum):
    ONE = 1
    TWO = "two"


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        (Raw, "unsupported type"),
        (Circle, "unsupported type"),
        (Endless, "unsupported type"),
        (Mixed, "unsupported type"),
        (list[Raw], "unsupported type"),
        (dict[int, str], "unsupported type"),
        (Lost, "annotation cannot be read"),
    ],
)
def test_what_json_cannot_tell_is_refused_when_the_tool_is_made(hint: Any, told: str):
    def act(x: Any) -> None:
        """Act."""

    act.__annotations__["x"] = hint
    with pytest.raises(InvalidArguments, match=told):
        tool(act)


@pytest.mark.parametrize(
    "hint", [list[object], dict[str, object], Annotated[object, "anything"], list[Annotated[object, "what"]]]
)
def test_what_holds_or_describes_something_unsupported_is_refused_when_the_tool_is_made(hint: Any):
    def function(value: Any) -> str:
        return str(value)

    function.__doc__ = "Say it."
    function.__annotations__["value"] = hint
    with pytest.raises(InvalidArguments, match="value"):
        tool(function)


async def test_a_model_that_checks_in_its_own_words_is_quoted(tmp_path: Path):
    class Fussy(BaseModel):
        name: str

        @classmethod
        def model_validate(cls, obj: Any, **_: Any) -> "Fussy":
            raise ValueError("not\n  like this")

    @tool(need="read")
    def greet(who: Fussy) -> str:
        """Greet."""
        return who.name

    outcome = await Bench(tmp_path, greet).one("greet", json.dumps({"who": {"name": "Ann"}}))
    assert "not like this" in outcome.output
