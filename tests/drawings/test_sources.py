import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from oneshot.drawings import listings
from oneshot.drawings.concepts import memory_map
from oneshot.drawings.errors import DataError
from oneshot.drawings.sources import SOURCES, resolved, root, source
from oneshot.evaluations import table
from oneshot.recipes import presets
from oneshot.training.checkpoint import write_tensors


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_says_what_it_is(name):
    found = source(name)
    assert found.name == name and found.describe and found.licence
    assert 0 < found.threshold < 1


@pytest.mark.parametrize("name", ["omniglott", "omniglot:/data", "", "folders:/x"])
def test_an_unknown_dataset_is_refused_with_the_known_ones(name):
    with pytest.raises(ValueError, match="known: glyphs, omniglot, quickdraw, folder"):
        source(name)


def test_a_folder_names_its_own_place(tmp_path, monkeypatch):
    assert source(f"folder:{tmp_path}").name == "folder"
    assert root(f"folder:{tmp_path}") == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    assert root("folder:~/mine") == tmp_path / "mine"


def test_an_edition_has_the_name_that_its_recipes_and_rows_have(monkeypatch):
    names = ("quickdraw", "quickdraw:1", "quickdraw:2", "omniglot")
    assert [*map(resolved, names)] == ["quickdraw", "quickdraw", "quickdraw:2", "omniglot"]
    assert presets.drawings("quickdraw:1").dataset == "quickdraw"
    rows = table.read(table.SHIPPED / table.NAME).where(dataset="quickdraw:1")
    assert len(rows) > 10 and {*rows.column("dataset")} == {"quickdraw"}
    assert table.place("quickdraw:1", "laptop") == table.place("quickdraw", "laptop")
    monkeypatch.setitem(listings.DEFAULT, "quickdraw", "2")
    assert [*map(resolved, names[:3])] == ["quickdraw:2", "quickdraw", "quickdraw:2"]


@pytest.mark.parametrize("dataset", ["folder", "folder:"])
def test_a_folder_without_a_path_is_refused(dataset):
    with pytest.raises(ValueError, match="say which folder: folder:PATH"):
        root(dataset)


def test_files_are_looked_for_in_oneshot_data_if_it_has_them(tmp_path, monkeypatch):
    cache = root("omniglot")
    assert cache.parts[-2:] == ("data", "omniglot")
    for value in ("", str(tmp_path)):
        monkeypatch.setenv("ONESHOT_DATA", value)
        assert root("omniglot") == cache
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere, which is not a folder; correct or unset it"):
        root("omniglot")
    (tmp_path / "omniglot").mkdir()
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    assert root("omniglot") == tmp_path / "omniglot"
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.setenv("ONESHOT_DATA", f"~/{tmp_path.name}")
    assert root("omniglot") == tmp_path / "omniglot"


def test_a_memory_map_is_one_tensor_of_a_file(tmp_path):
    path = tmp_path / "x.safetensors"
    tensors = {"pages": torch.arange(24, dtype=torch.uint8).view(2, 3, 4)}
    tensors |= {"offsets": torch.tensor([0, 5, 7]), "floats": torch.zeros(3)}
    write_tensors(path, tensors, {"card": {"a": "b"}})
    pages = memory_map(Path(path), "pages")
    assert isinstance(pages, np.memmap) and not pages.flags.writeable
    assert (pages == tensors["pages"].numpy()).all()
    assert memory_map(path, "offsets", "I64").tolist() == [0, 5, 7]
    with pytest.raises(ValueError, match="floats is F32, expected U8"):
        memory_map(path, "floats")


@pytest.mark.parametrize(
    ("dataset", "every", "limit", "sha256"),
    [
        ("omniglot", 40, 0, "7cb1b614dbfac6fd8afb3680c40b2321284582e569fcf162250491547b7572a3"),
        ("quickdraw", 30, 20, "17ecb87b6934beb1328129a7cbb3024bfd7f84eb42bcc804f4b5eed8828e8a4b"),
    ],
)
def test_the_real_drawings_are_read_to_the_bit_as_ever(real_data, dataset, every, limit, sha256):
    """What shipped weights were trained on; of Quick, Draw! the reference copy of this project."""
    place, found = real_data / dataset, hashlib.sha256()
    names = source(dataset).names(place)[::every]
    for pages in source(dataset).pages(place, names, 48, limit):
        found.update(pages.tobytes())
    assert found.hexdigest() == sha256


def test_the_name_of_an_unknown_data_set_is_told_in_short():
    with pytest.raises(ValueError, match="unknown dataset '000") as caught:
        source("0" * 5000)
    assert len(str(caught.value)) < 500
