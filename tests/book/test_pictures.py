"""The picture of the README: light, there, and made of what is on the machine."""

import importlib.util

import pytest
from PIL import Image
from small import ROOT

from oneshot.drawings.errors import DataError


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "book" / "pictures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PATH", tmp_path / "picture.png")
    return module


def test_the_readme_shows_a_light_picture_that_is_there(pictures):
    path = "book/assets/one-shot.png"
    assert f"({path})" in (ROOT / "README.md").read_text()
    assert (ROOT / path).stat().st_size < 200_000
    with Image.open(ROOT / path) as image:
        assert image.width >= 800


def test_what_is_not_here_is_left_out_and_said(pictures, monkeypatch, capsys):
    def block(dataset, title):
        if dataset != "glyphs":
            raise DataError(f"no {dataset} here")
        return Image.new("RGB", (300, 200))

    monkeypatch.setattr(pictures, "block", block)
    assert pictures.main() == 0
    with Image.open(pictures.PATH) as image:
        assert image.size == (300 + 2 * pictures.MARGIN, 200 + pictures.MARGIN)
    told = capsys.readouterr().err
    assert "left out omniglot: no omniglot here" in told and "left out quickdraw" in told


def test_nothing_is_written_when_nothing_can_be_drawn(pictures, monkeypatch):
    def block(dataset, title):
        raise LookupError("no trained model")

    monkeypatch.setattr(pictures, "block", block)
    assert pictures.main() == 1 and not pictures.PATH.exists()
