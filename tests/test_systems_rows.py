"""The rows of systems: names, looks, and how much is asked of each."""

import pytest

from oneshot import systems


def test_no_two_rows_share_a_name_or_a_look():
    assert list(systems.ALL) == [row.name for row in systems.ALL.values()]
    looks = [(row.colour, row.marker) for row in systems.ALL.values()]
    assert len(set(looks)) == len(looks)
    labels = [row.label for row in systems.ALL.values()]
    assert len(set(labels)) == len(labels)


def test_what_has_no_row_is_shown_by_its_name():
    assert systems.label("mine") == "mine" and systems.looks("mine") == systems.OTHER
    assert systems.variants("mine") == {}
    for name in ("mine", systems.HUMAN):
        with pytest.raises(ValueError, match=f"unknown system '{name}'; known: human, ldm"):
            systems.find(name)


@pytest.mark.parametrize(
    ("dataset", "asked"), [("glyphs", (20, 10)), ("omniglot", (20, 10)), ("quickdraw", (50, 25))]
)
def test_no_more_is_asked_of_nulls_of_people_than_people_drew(dataset, asked):
    nulls = ("other-concept", "human-half")
    assert tuple(systems.variations(name, dataset) for name in nulls) == asked
    assert systems.variations("warp", dataset) == systems.variations("ldm", dataset)


def test_nulls_of_people_are_left_out_of_a_folder_of_unknown_size():
    assert systems.nulls("folder:mine") == ["copy", "warp"]
    assert systems.nulls("omniglot") == list(systems.NULLS)
