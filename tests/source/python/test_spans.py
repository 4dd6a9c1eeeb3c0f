"""Spans answer what a look at each of them would."""

from hypothesis import given
from hypothesis import strategies as st

from ts_contract.source.python.spans import Spans

PLACES = st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda p: (p[0], p[0] + p[1]))


@given(st.lists(PLACES, max_size=8), PLACES)
def test_spans_answer_as_a_look_at_each(spans, place) -> None:
    start, end = place
    asked = Spans(spans)
    first = next((i for i, (a, b) in enumerate(spans) if a <= start < b), None)
    assert asked.first_at(start) == first
    holding = {i for i, (a, b) in enumerate(spans) if a <= start and end <= b}
    assert set(asked.holding(start, end)) == holding
    assert asked.any_within(start, end) == any(start <= a and b <= end for a, b in spans)
    assert asked.any_touching(start, end) == any(a < end and start < b for a, b in spans)
