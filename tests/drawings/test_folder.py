from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageDraw

from oneshot.drawings import folder
from oneshot.drawings.errors import DataError

from .conftest import fault_of, ndjson

fault = partial(fault_of, folder)


def page(path, mode="L", paper=255, ink=0, side=(60, 80), shift=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new(mode, side, paper)
    ImageDraw.Draw(image).line((10 + shift, 10, 40 + shift, 70), fill=ink, width=4)
    image.save(path)
    return path


@pytest.fixture
def root(tmp_path):
    """Six concepts, one of strokes and the others of PNG pages."""
    for concept in ("house", "umbrella", "vase", "wheel", "yacht"):
        for k in range(4):
            page(tmp_path / concept / f"{k}.png", shift=k)
    ndjson(tmp_path / "tree" / "oak.ndjson", count=6)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / "notes.txt").write_text("not a concept")
    return tmp_path


def read(root, concept="house", **options):
    return next(folder.pages(root, [concept], 48, **options))


def test_concepts_are_the_visible_folders(root):
    assert folder.names(root) == ["house", "tree", "umbrella", "vase", "wheel", "yacht"]


@pytest.mark.parametrize("count", [2, 5])
def test_too_few_concepts_are_refused_before_anything_is_read(tmp_path, count):
    for k in range(count):
        (tmp_path / f"concept{k}").mkdir()
    assert f"{count} concepts are in {tmp_path}; at least 6 are needed, 2 each" in fault(tmp_path)


@pytest.mark.parametrize("count", range(6, 31))
def test_every_split_of_a_folder_has_two_concepts(count):
    splits = folder.split([f"concept{k}" for k in range(count)])
    assert np.bincount(splits, minlength=3).min() >= 2


def test_pages_of_both_kinds_are_ink_on_black(root):
    for concept in ("house", "tree"):
        pages = read(root, concept)
        assert pages.shape == (4, 48, 48) and pages.dtype == np.uint8
        assert 0 < pages.mean() / 255 < 0.3 and pages.max() == 255
    assert len(read(root, limit=2)) == 2


def test_dark_on_light_light_on_dark_and_transparent_paper_read_alike(root):
    wanted = read(root)[0]
    kinds = {
        "white on black": {"paper": 0, "ink": 255},
        "colour": {"mode": "RGB", "paper": (255, 255, 255), "ink": (0, 0, 0)},
        "black on nothing": {"mode": "RGBA", "paper": (0, 0, 0, 0), "ink": (0, 0, 0, 255)},
        "two colours": {"mode": "1", "paper": 1, "ink": 0},
    }
    for kind, options in kinds.items():
        page(root / "house" / "0.png", **options)
        assert np.array_equal(read(root)[0], wanted), kind


def test_a_missing_or_empty_folder(tmp_path):
    assert fault(tmp_path / "nowhere").startswith(f"{tmp_path / 'nowhere'} is not a folder")
    (tmp_path / "lonely.png").touch()
    assert "holds no folders; expected a folder that holds <concept>/" in fault(tmp_path)


def test_too_few_drawings(root):
    (root / "house" / "0.png").unlink()
    assert f"{root / 'house'} holds 3 drawings; at least 4" in fault(root)


@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_an_unreadable_page(root, damage):
    file = root / "house" / "2.png"
    whole = file.read_bytes()
    file.write_bytes(
        {"truncated": whole[: len(whole) // 2], "text": b"hello", "empty": b""}[damage]
    )
    assert fault(root).startswith(f"{file} is not a picture")


def test_a_blank_page(root):
    Image.new("L", (50, 50), 255).save(root / "house" / "1.png")
    assert fault(root) == f"{root / 'house' / '1.png'} is a blank page"


def test_strokes_of_another_word(root):
    ndjson(root / "tree" / "oak.ndjson", word="elm")
    assert "is a drawing of 'elm', expected 'oak'" in fault(root)


def test_hidden_files_are_not_looked_at(root):
    before = folder.fingerprint(root), counted(root)
    (root / ".idea").mkdir()
    (root / ".idea" / "0.png").write_text("no picture")
    (root / "house" / "._0.png").write_text("no picture")
    assert (folder.fingerprint(root), counted(root)) == before


def counted(root):
    """Return how many drawings each concept gives, all of which can be read."""
    return [len(page) for page in folder.pages(root, folder.names(root), 48)]


def test_the_fingerprint_of_nothing(tmp_path):
    with pytest.raises(DataError, match="is not a folder; expected a folder that holds"):
        folder.fingerprint(tmp_path / "nope")
