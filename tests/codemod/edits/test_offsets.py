"""Edits of several rounds become edits of the source before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ts_contract.codemod.edits.offsets import OffsetMap
from ts_contract.source.edits import Edit, apply_edits


@st.composite
def rounds(draw: st.DrawFn) -> tuple[str, list[list[Edit]]]:
    """Draw a text, and rounds of edits that do not overlap, each in offsets of the text by then."""
    text = source = draw(st.text("ab\n", max_size=12))
    drawn = []
    for _ in range(draw(st.integers(1, 4))):
        places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
        edits = [
            Edit(start, draw(st.sampled_from([start, end])), draw(st.text("xy\n", max_size=3)))
            for start, end in zip(places[::2], places[1::2], strict=False)
        ]
        text = apply_edits(text, tuple(edits))
        drawn.append(edits)
    return source, drawn


@given(rounds())
def test_the_edits_of_all_rounds_give_the_last_text(case: tuple[str, list[list[Edit]]]) -> None:
    source, drawn = case
    offsets, text = OffsetMap(source), source
    for number, edits in enumerate(drawn):
        offsets.edit((edit, number) for edit in edits)
        text = apply_edits(text, tuple(edits))
        assert offsets.text == text
        assert apply_edits(source, offsets.edits()) == text


@given(st.text("ab\n", max_size=20), st.text("ab\n", max_size=20))
def test_a_map_becomes_any_text(source: str, text: str) -> None:
    offsets = OffsetMap(source)
    offsets.become(text)
    assert offsets.text == text
    assert apply_edits(source, offsets.edits()) == text


@given(rounds())
def test_a_place_that_was_kept_is_found_again(case: tuple[str, list[list[Edit]]]) -> None:
    source, drawn = case
    offsets = OffsetMap(source)
    for number, edits in enumerate(drawn):
        offsets.edit((edit, number) for edit in edits)
    for at, character in enumerate(offsets.text):
        start, end = offsets.place(at, at + 1)
        if character in "ab":
            assert source[start:end] == character


def test_an_author_whose_text_another_changed_is_an_author_of_the_result() -> None:
    offsets = OffsetMap("order(created)")
    offsets.edit([(Edit(6, 13, "made"), 1)])
    offsets.edit([(Edit(8, 10, "ke"), 2)])
    assert offsets.text == "order(make)"
    assert apply_edits("order(created)", offsets.edits_by(1)) == "order(make)"
    assert offsets.edits_by(1)[-1] in offsets.edits_by(2)
