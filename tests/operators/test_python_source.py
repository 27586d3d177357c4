"""Literals and ids: what is written is what is read, whatever it is."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_cleanroomsml.operators.python_source import Call, Expression, class_like, source, text

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@given(JSON)
def test_a_literal_is_what_it_says(value: object) -> None:
    assert ast.literal_eval(source(value)) == value


@given(TEXTS)
def test_a_file_shows_what_a_text_has(value: str) -> None:
    written = text(value)
    assert written.isprintable()
    assert "\n" not in written


@given(TEXTS)
def test_an_id_is_one(name: str) -> None:
    found = class_like(name, "Model")
    assert found.isascii()
    assert found.isalnum()
    assert found[0].isalpha()


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("sports readers", "SportsReaders"),
        ("läufer_2", "Laufer2"),
        ("2024", "Model2024"),
        ("日本", "Model"),
        ("aB-c", "ABC"),
    ],
)
def test_ids(name: str, id_: str) -> None:
    assert class_like(name, "Model") == id_


def test_short_calls_are_on_one_line_and_long_ones_are_not() -> None:
    assert source(Call("f", (Expression("self"), "a"), {"b": [1, 2], "c": None})) == 'f(self, "a", b=[1, 2])'
    assert source(Call("f", ("x" * 90,), {"b": {"k": 1}})) == f'f(\n    "{"x" * 90}",\n    b={{"k": 1}},\n)'
