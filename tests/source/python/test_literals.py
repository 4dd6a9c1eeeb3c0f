"""The pieces of a literal give its value, and lie where it stands in the file."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from ts_contract.source.python.literals import Hole, literal_pieces
from ts_contract.source.python.source import Source

values = st.text(
    st.one_of(
        st.sampled_from("\\\"'{}\r\n\t %日𝄞é"),
        st.characters(codec="utf-8", exclude_characters="\x00"),
    ),
    max_size=30,
)
PREFIXES = st.sampled_from(["", "u", "f"])


def spelt(value: str, prefix: str) -> str:
    """Return a literal of `value` as Python itself would spell it."""
    if prefix == "f":
        value = value.replace("{", "{{").replace("}", "}}")
    return prefix + repr(value)


@given(st.lists(st.tuples(values, PREFIXES), min_size=1, max_size=4), values)
def test_pieces_give_the_value_and_lie_within_the_literal(parts, before) -> None:
    text = f"x = {before!r}; y = (" + " ".join(spelt(*part) for part in parts) + ")"
    source = Source(text)
    node = source.tree.body[1].value
    pieces = literal_pieces(source, node)
    start, end = source.span(node)
    assert "".join(piece.text for piece in pieces) == "".join(value for value, _ in parts)
    assert all(start <= piece.start <= piece.end <= end for piece in pieces)
    for piece in pieces:
        if piece.end - piece.start == len(piece.text):
            assert text[piece.start : piece.end] == piece.text


@given(st.lists(st.tuples(values, st.sampled_from(["a", "b[0]", "c['}']", "d:>{w}", "e!r"]))))
def test_holes_of_f_strings_are_where_their_braces_are(parts) -> None:
    text = "x = f" + repr(
        "".join(v.replace("{", "{{").replace("}", "}}") + "\x00" for v, _ in parts)
    )
    for _, hole in parts:
        fits = "'" not in hole or text[5] != "'"
        text = text.replace("\\x00", "{" + (hole if fits else "a") + "}", 1)
    source = Source(text)
    node = source.tree.body[0].value
    if not isinstance(node, ast.JoinedStr):
        return
    holes = [piece for piece in literal_pieces(source, node) if isinstance(piece, Hole)]
    assert len(holes) == len(parts)
    for hole in holes:
        assert text[hole.start] == "{"
        assert text[hole.end - 1] == "}"
