"""Drawings that are kept come back in as many greys as were kept, and only for what they are of."""

import numpy as np
import pytest

from oneshot.evaluations import samples as kept
from oneshot.evaluations.samples import Shown
from oneshot.training.checkpoint import read_tensors, write_tensors

NAMES = ("a", "b", "c")


def shown(drawings, originality=None):
    return Shown(drawings, NAMES, np.array([4, 9, 11]), originality)


@pytest.fixture
def greys():
    return np.random.default_rng(0).integers(0, 256, (3, 5, 1, 7, 9), dtype=np.uint8)


@pytest.mark.parametrize(("bits", "step"), [(1, 255), (2, 85), (4, 17)])
def test_drawings_come_back_in_the_nearest_grey(tmp_path, greys, bits, step):
    file = tmp_path / "kept.safetensors"
    far = np.random.default_rng(1).random((3, 5))
    kept.save(file, shown(greys, far), bits, {"samples": "abc"})
    back = kept.load(file, samples="abc")
    assert set(np.unique(back.drawings)) == set(range(0, 256, step))
    assert np.abs(back.drawings.astype(int) - greys).max() <= step / 2 + 0.5
    assert back.names == NAMES and back.concepts.tolist() == [4, 9, 11]
    np.testing.assert_allclose(back.originality, far, rtol=1e-6)


def test_drawings_of_something_else_are_not_read(tmp_path, greys):
    file = tmp_path / "kept.safetensors"
    assert kept.load(file) is None
    kept.save(file, shown(greys), 1, {"samples": "abc", "model": "def"})
    assert kept.load(file, samples="abc", model="other") is None
    assert kept.load(file, scores="abc") is None
    assert kept.load(file, samples="abc").originality is None


def test_line_drawings_take_less_than_their_bits(tmp_path):
    pages = np.zeros((3, 12, 1, 48, 48), np.uint8)
    pages[..., 20:23, 8:40] = 255
    kept.save(tmp_path / "kept", shown(pages), 2, {})
    assert (tmp_path / "kept").stat().st_size < pages.size / 4 / 4


def test_a_file_of_something_else_is_named(tmp_path, greys):
    file = tmp_path / "kept.safetensors"
    kept.save(file, shown(greys), 1, {"samples": "abc"})
    tensors, note = read_tensors(file)
    for broken in (
        (tensors, {name: value for name, value in note.items() if name != "names"}),
        ({"bits": tensors["bits"][:-9].clone()}, note),
        ({}, note),
    ):
        write_tensors(file, *broken)
        with pytest.raises(ValueError, match=r"kept\.safetensors does not hold kept drawings"):
            kept.load(file, samples="abc")
