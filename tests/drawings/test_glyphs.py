import numpy as np

from oneshot.drawings import glyphs
from oneshot.drawings.splits import TEST, TRAIN, VALIDATION


def first(name, side=24, limit=0):
    return next(glyphs.pages(None, [name], side, limit))


def test_there_are_over_a_thousand_distinct_glyphs():
    names = glyphs.names()
    assert len(names) == len(set(names)) > 1000
    assert names == sorted(names)


def test_a_glyph_is_drawn_the_same_whoever_else_is_asked_for():
    a, b = glyphs.names()[5], glyphs.names()[700]
    alone = first(b)
    together = list(glyphs.pages(None, [a, b], 24))
    assert np.array_equal(alone, together[1])
    assert np.array_equal(alone[:3], first(b, limit=3))


def test_twenty_drawings_that_differ_and_have_ink():
    pages = first("cursive.65")
    assert pages.shape == (20, 24, 24) and pages.dtype == np.uint8
    assert len({page.tobytes() for page in pages}) == 20
    share = pages.mean((1, 2)) / 255
    assert share.min() > 0.03 and share.max() < 0.5


def test_no_letter_is_in_two_splits():
    names = glyphs.names()
    splits = glyphs.split(names)
    letters = [name.rsplit(".", 1)[1] for name in names]
    for split in (TRAIN, VALIDATION, TEST):
        inside = {k for k, s in zip(letters, splits, strict=True) if s == split}
        outside = {k for k, s in zip(letters, splits, strict=True) if s != split}
        assert inside and not inside & outside
