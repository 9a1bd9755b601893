"""`oneshot draw`: drawings of one's own, from whatever file, to whatever file."""

import io
import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from oneshot import cli, own
from oneshot.drawings import sketchbook
from oneshot.drawings.errors import DataError
from oneshot.drawings.reading import read_drawing


def run(capsys, *words) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as done:
        cli.main([str(word) for word in words])
    told = capsys.readouterr()
    return done.value.code, told.out, told.err


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A heart as the pad saves it, and a cross as a photograph would show it."""
    folder = tmp_path_factory.mktemp("own")
    strokes = [stroke.T.tolist() for stroke in sketchbook.drawings()["heart"]]
    (folder / "heart.json").write_text(json.dumps({"strokes": strokes, "seed": 3}))
    page = np.full((200, 200), 250, np.uint8)
    page[90:110, 30:170] = page[30:170, 90:110] = 20
    Image.fromarray(page).save(folder / "cross.png")
    return folder


def test_several_pictures_are_varied_and_judged(capsys, files):
    words = ("draw", files / "heart.json", files / "cross.png", "-n", 3, "--json")
    code, out, err = run(capsys, *words)
    told = json.loads(out)
    assert code == 0 and "judging" not in err
    assert [one["name"] for one in told["drawings"]] == ["heart", "cross"]
    for one in told["drawings"]:
        assert len(one["variations"]) == 3
        assert 0.1 < one["originality"] < 3 and 0 <= one["known"] <= 1


def test_a_drawing_does_not_depend_on_its_company_but_on_seed_and_guidance(files):
    both = own.read([str(files / "heart.json"), str(files / "cross.png")])
    alone = {"cross": both["cross"]}
    (_, one), (other,) = own.draw(both, variations=2), own.draw(alone, variations=3)
    assert torch.allclose(one.variations, other.variations[:2], atol=1e-5)
    for changed in ({"seed": 1}, {"guidance": 0.0}):
        (third,) = own.draw(alone, variations=2, **changed)
        assert (third.variations - one.variations).abs().max() > 0.1


@pytest.mark.parametrize("name", ["sheet.png", "sheet.svg", "sheet.json", "folder"])
def test_drawings_are_written_in_the_form_the_name_asks_for(capsys, files, tmp_path, name):
    target = tmp_path / name
    code, _, err = run(capsys, "draw", files / "heart.json", "-n", 2, "-o", target)
    assert code == 0, err
    if name == "sheet.png":
        assert Image.open(target).width > 3 * 48
    elif name == "sheet.svg":
        assert target.read_text().count("<image") == 3
    elif name == "sheet.json":
        (drawn,) = json.loads(target.read_text())["drawings"]
        assert np.shape(drawn["pages"]) == (2, 48, 48) and np.max(drawn["pages"]) > 150
    else:
        assert [file.name for file in sorted(target.iterdir())] == ["heart-01.png", "heart-02.png"]
        assert read_drawing(target / "heart-01.png").max() == 1


@pytest.mark.parametrize("file", ["heart.json", "cross.png"])
def test_standard_input_is_read(capsys, files, monkeypatch, file):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((files / file).read_bytes())))
    ((name, exemplar),) = own.read(["-"]).items()
    assert name == "standard input"
    assert torch.equal(exemplar, read_drawing(files / file))


def test_the_lines_of_the_readme_draw(capsys, files, tmp_path, monkeypatch):
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    lines = re.findall(r"^\.venv/bin/oneshot (draw .*?)(?: < (\S+))?$", readme, re.M)
    assert len(lines) == 2
    monkeypatch.chdir(tmp_path)
    for name in ("photo.png", "heart.json"):
        source = files / ("cross.png" if name.endswith("png") else name)
        (tmp_path / name).write_bytes(source.read_bytes())
    for words, given in lines:
        if given:
            data = io.BytesIO((tmp_path / given).read_bytes())
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))
        code, out, err = run(capsys, *shlex.split(words))
        assert code == 0 and out.strip(), err
    assert Image.open("sheet.png").width > 16 * 48


def test_a_system_that_did_not_learn_all_data_sets_draws_without_being_asked_for_one(capsys, files):
    asked = ("draw", files / "heart.json", "-n", 2, "--json")
    for system, learned in (("da-gan-un", "quickdraw"), ("ldm", "any")):
        code, out, err = run(capsys, *asked, "--system", system)
        assert code == 0, err
        assert json.loads(out)["dataset"] == learned


def test_bad_input_is_told_in_one_sentence(capsys, files, tmp_path, monkeypatch):
    (tmp_path / "blank.png").write_bytes((files / "cross.png").read_bytes()[:60])
    wrong = [
        (tmp_path / "blank.png",),
        (tmp_path / "missing.png",),
        (files / "heart.json", "--guidance", "-1"),
        (files / "heart.json", "-n", 0),
        (files / "heart.json", "-o", tmp_path / "sheet.pdf"),
        (files / "heart.json", "--system", "gan"),
        (files / "heart.json", "--system", "da-gan-un", "--steps", 10),
        (files / "heart.json", "--steps", 0),
    ]
    for words in wrong:
        code, out, err = run(capsys, "draw", *words)
        lines = [line for line in err.splitlines() if line.startswith("oneshot:")]
        assert code == 1 and not out and len(lines) == 1, words
    assert not (tmp_path / "sheet.pdf").exists()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    with pytest.raises(DataError, match="standard input"):
        own.read(["-"])


def test_a_folder_is_a_set_of_exemplars(files, tmp_path):
    assert sorted(own.exemplars(files)) == ["cross", "heart"]
    assert list(own.exemplars(files / "cross.png")) == ["cross"]
    with pytest.raises(ValueError, match="holds no drawings, and this takes 1 or more"):
        own.exemplars(tmp_path / "none")


def test_the_sketchbook_is_of_no_data_set():
    names = sketchbook.drawings()
    known = Path(sketchbook.__file__).with_name("quickdraw_categories.txt").read_text().splitlines()
    assert len(known) == 345 and len(names) == 24 and not set(known) & set(names)
    for strokes in names.values():
        points = np.concatenate(strokes)
        assert points.min() >= 0 and points.max() <= sketchbook.EXTENT
        assert np.ptp(points, axis=0).max() > 400
