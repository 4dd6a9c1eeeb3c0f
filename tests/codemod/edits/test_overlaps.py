"""An edit overlaps what is taken exactly if it overlaps one of the edits."""

from hypothesis import given
from hypothesis import strategies as st

from ts_contract.codemod.edits.overlaps import TakenEdits
from ts_contract.source.edits import Edit

EDITS = st.builds(
    lambda start, length, text: Edit(start, start + length, text),
    st.integers(0, 12),
    st.integers(0, 4),
    st.sampled_from(["x", "y"]),
)


def overlap(one: Edit, other: Edit) -> bool:
    if one == other:
        return False
    if one.start == one.end == other.start == other.end:
        return True
    return one.start < other.end and other.start < one.end


@given(st.lists(EDITS, max_size=8), EDITS)
def test_taken_edits_overlap_as_each_of_them(edits, edit) -> None:
    taken, kept = TakenEdits(), []
    for each in edits:
        if not any(overlap(each, other) for other in kept):
            kept.append(each)
            taken.add([each])
    assert taken.overlaps(edit) == any(overlap(edit, other) for other in kept)
