"""The calculator, through the toolbox where it answers and directly where hypothesis counts."""

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.builtin.calculate import MAX_BITS, evaluate
from tests.tools.kit import House

RIGHT = [
    ("12 * 7", 84),
    ("12×7", 84),
    ("84/2", 42),
    ("7/2", 3.5),
    ("10 / 3", 3.33333333333333),
    ("0.1 + 0.2", 0.3),
    ("1/3*3", 1),
    ("2 + 3 * 4", 14),
    ("(2 + 3) * 4", 20),
    ("-7 // 2", -4),
    ("-7 % 3", 2),
    ("2 ** 10", 1024),
    ("2^-2", 0.25),
    ("-2 ** 2", -4),
    ("1 ** 999999999999", 1),
    ("(-1) ** 999999999999", -1),
    ("(-1) ** -3", -1),
    ("0 ** 0", 1),
    ("0 ** 5", 0),
    ("+-+3", -3),
    ("1e3 + 1", 1001),
    ("1.5E-3", 0.0015),
    (".5 + 5.", 5.5),
    ("sqrt(9)", 3),
    ("sqrt(1/4)", 0.5),
    ("sqrt(2)", 1.4142135623731),
    ("sqrt(2) ** 2", 2),
    ("9 ** 0.5", 3),
    ("abs(-3.5)", 3.5),
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(3.14159, 2)", 3.14),
    ("round(1234, -2)", 1200),
    ("min(3, 1, 2)", 1),
    ("max(3, 1, 2)", 3),
    ("percent(15, 200)", 30),
    ("15% of 200", 30),
    ("12.5 percent of 80 + 1", 11),
    ("12345678901.25 * 1", 12345678901.25),
    ("2 ** 200", 2**200),
    ("  6 ÷ 4 − 1", 0.5),
]


@pytest.mark.parametrize(("expression", "result"), RIGHT)
def test_arithmetic_is_right_and_whole_numbers_are_whole(expression: str, result: int | float):
    value = evaluate(expression)
    assert type(value) is type(result)
    assert value == result or math.isclose(value, result, rel_tol=1e-14)


async def test_the_tool_answers_with_expression_and_result(tmp_path: Path):
    outcome = await House(tmp_path).outcome("calculate", expression="12 * 7")
    assert json.loads(outcome.output) == {"expression": "12 * 7", "result": 84}
    assert '"result": 84}' in outcome.output


WRONG = [
    ("1/0", "divided by zero"),
    ("1//0", "divided by zero"),
    ("1%0", "divided by zero"),
    ("0**-1", "divided by zero"),
    ("sqrt(-1)", "square root"),
    ("(-8) ** (1/3)", "fractional exponent"),
    ("9 ** 9 ** 9", "too large"),
    ("2 ** 5000", "too large"),
    ("10 ** 200 * 10 ** 200", "too large"),
    ("1e400", "too large"),
    ("1e300 ** 1.5", "too large"),
    ("(1e-300) ** 1.5", "too large"),
    ("1+" * 150 + "1", "longer than"),
    ("", "not an arithmetic"),
    ("1 +", "not an arithmetic"),
    ("(" * 150 + "1" + ")" * 49, "not an arithmetic"),
    ("1; 2", "not an arithmetic"),
    ("1\x00", "not an arithmetic"),
    ("twelve", "'twelve'"),
    ("__import__('os').system('true')", "'__import__'"),
    ("().__class__", "'__class__'"),
    ("lambda: 1", "'lambda'"),
    ("1if 1else 2", "'if'"),
    ("0x10", "'x10'"),
    ("1_000", "'_000'"),
    ("5j", "'j'"),
    ("True", "'True'"),
    ("1 < 2", "understood"),
    ("[1]", "understood"),
    ("'a' * 3", "'a'"),
    ("'5' * 3", "understood"),
    ("1, 2", "understood"),
    ("~1", "understood"),
    ("1 << 2", "understood"),
    ("abs", "understood"),
    ("min(*max)", "understood"),
    ("abs(1)(2)", "understood"),
    ("sqrt()", "takes 1 to 1"),
    ("round(1, 2, 3)", "takes 1 to 2"),
    ("round(1, 0.5)", "whole digits"),
    ("round(1, 99)", "whole digits"),
    ("min(1)", "takes 2"),
]


@pytest.mark.parametrize(("expression", "told"), WRONG)
def test_what_is_no_arithmetic_is_refused_in_words(expression: str, told: str):
    with pytest.raises(InvalidArguments) as refused:
        evaluate(expression)
    assert told in refused.value.message
    assert "\n" not in refused.value.message


def _combined(pairs: st.SearchStrategy[tuple[str, Fraction]]) -> st.SearchStrategy[tuple[str, Fraction]]:
    def join(left: tuple[str, Fraction], sign: str, right: tuple[str, Fraction]) -> tuple[str, Fraction]:
        a, b = left[1], right[1]
        if sign in ("/", "//", "%") and b == 0:
            sign = "+"
        value = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
            "//": lambda: Fraction(a // b),
            "%": lambda: a % b,
        }[sign]()
        return f"({left[0]} {sign} {right[0]})", value

    return st.builds(join, pairs, st.sampled_from(["+", "-", "*", "/", "//", "%"]), pairs) | st.builds(
        lambda pair: (f"-{pair[0]}", -pair[1]), pairs
    )


NUMBERS = st.integers(0, 999).map(lambda n: (str(n), Fraction(n))) | st.decimals(
    0, 99, places=2, allow_nan=False
).map(lambda d: (f"{d}", Fraction(d)))


@settings(deadline=None)
@given(st.recursive(NUMBERS, _combined, max_leaves=8).filter(lambda pair: len(pair[0]) <= 200))
def test_random_arithmetic_agrees_with_exact_fractions(pair: tuple[str, Fraction]):
    expression, exact = pair
    value = evaluate(expression)
    if exact.denominator == 1:
        assert value == exact.numerator
        assert isinstance(value, int)
    else:
        assert math.isclose(value, float(exact), rel_tol=1e-14)


@given(base=st.integers(-50, 50).filter(bool), exponent=st.integers(-40, 40))
def test_whole_powers_agree_with_exact_fractions(base: int, exponent: int):
    exact = Fraction(base) ** exponent
    assert math.isclose(evaluate(f"({base}) ** ({exponent})"), exact, rel_tol=1e-14)


@settings(deadline=None)
@given(st.text(alphabet="0123456789.+-*/%() ,^esqrtminabx\"'_~<[", max_size=60))
def test_any_text_is_calculated_or_refused_and_nothing_else(expression: str):
    try:
        value = evaluate(expression)
    except InvalidArguments:
        return
    assert math.isfinite(value) if isinstance(value, float) else value.bit_length() <= MAX_BITS
