"""Which drawings these are: by what is read, not by where it lies, when it came or what is beside.

Each test says which key or which drawings are right, not only that something changed.
"""

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from oneshot.drawings import identity, omniglot, quickdraw
from oneshot.drawings.errors import DataError
from oneshot.drawings.ndjson import strokes_of
from oneshot.recipes import from_json, presets
from oneshot.recipes.data import Drawings
from oneshot.store import Store

from .conftest import ALPHABETS, ndjson, omniglot_archive, record


def key(dataset: str) -> str:
    """The key of the drawings that a command with this --dataset asks for."""
    return presets.drawings(dataset).key


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """The keys of what ships: those that are asked for where no data set is."""
    (tmp_path / "nothing").mkdir()
    with monkeypatch.context() as patch:
        patch.setenv("ONESHOT_DATA", str(tmp_path / "nothing"))
        patch.setattr("oneshot.drawings.sources.user_cache_path", lambda _: tmp_path / "no cache")
        return {name: key(name) for name in ("omniglot", "quickdraw")}


# Quick, Draw!


NAMES = ("cat", "dog", "owl", "pear", "the bus", "zebra")


def categories(root: Path, count: int) -> Path:
    for name in NAMES:
        lines = [record(name, k) + "\n" for k in range(count)]
        (root / "simplified").mkdir(parents=True, exist_ok=True)
        (root / "simplified" / f"{name}.ndjson").write_text("".join(lines))
    return root


def test_more_drawings_of_quickdraw_are_other_drawings(tmp_path, monkeypatch, nowhere):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    store, keys = Store(tmp_path / "cache"), [nowhere["quickdraw"]]
    for count in (5, 40):
        categories(tmp_path / "quickdraw", count)
        keys.append(key("quickdraw"))
        assert len(store.get(presets.drawings("quickdraw")).pages) == 6 * count
    assert len(set(keys)) == 3
    categories(tmp_path / "quickdraw", 5)
    assert key("quickdraw") == keys[1]


def test_drawings_beyond_those_that_are_read_do_not_matter(tmp_path):
    few, many = categories(tmp_path / "few", 5), categories(tmp_path / "many", 40)
    assert quickdraw._digest(few, 5) == quickdraw._digest(many, 5)
    assert quickdraw._digest(few, 6) != quickdraw._digest(many, 6)
    assert quickdraw._digest(few, 0) != quickdraw._digest(many, 0)


def test_the_same_drawings_copied_or_with_other_line_ends_are_the_same(tmp_path):
    root = categories(tmp_path / "here", 5)
    shutil.copytree(root, tmp_path / "there")
    file = tmp_path / "there" / "simplified" / "cat.ndjson"
    file.write_bytes(b"\r\n" + file.read_bytes().replace(b"\n", b"\r\n").rstrip())
    assert quickdraw.fingerprint(tmp_path / "there") == quickdraw.fingerprint(root)
    assert quickdraw.fingerprint(tmp_path / "nowhere") == ""


def test_some_categories_are_other_drawings_than_all(tmp_path):
    root = categories(tmp_path, 5)
    all_of_them = quickdraw.fingerprint(root)
    (root / "simplified" / "cat.ndjson").unlink()
    assert len({all_of_them, quickdraw.fingerprint(root), ""}) == 3


KINDS = {
    "drawn": lambda k: record("cat", k),
    "spaced": lambda k: json.dumps(json.loads(record("cat", k))),
    "not recognised": lambda k: record("cat", k, recognised=False),
    "text": lambda k: record("cat", k).replace("true", '"False"'),
    "nothing": lambda k: '{"word":"cat","recognized":true,"drawing":[]}',
    "an empty stroke first": lambda k: record("cat", k).replace("[[[", "[[[],[]],[[", 1),
    "an empty stroke": lambda k: '{"word":"cat","recognized":true,"drawing":[[[],[]]]}',
    "blank": lambda k: " ",
}
LINES = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 3)), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@example([("an empty stroke", 0), ("drawn", 0)], [("an empty stroke", 0), ("drawn", 1)], 1)
@example([("not recognised", 0), ("drawn", 0)], [("not recognised", 0), ("drawn", 1)], 1)
@example([("text", 0), ("drawn", 0)], [("text", 0), ("drawn", 1)], 1)
@given(first=LINES, second=LINES, limit=st.integers(0, 3))
def test_what_is_read_differently_is_told_apart(tmp_path_factory, first, second, limit):
    read, marks = [], []
    for lines in (first, second):
        file = tmp_path_factory.mktemp("category") / "cat.ndjson"
        file.write_text("".join(KINDS[kind](k) + "\n" for kind, k in lines))
        read.append([[s.tolist() for s in strokes] for strokes in strokes_of(file, limit)])
        marks.append(quickdraw._first(str(file), limit))
    assert read[0] == read[1] or marks[0] != marks[1]


def test_models_that_ship_are_those_of_the_drawings_they_were_trained_on(
    tmp_path, monkeypatch, real_data, nowhere
):
    monkeypatch.setenv("ONESHOT_DATA", str(real_data))
    assert {name: key(name) for name in nowhere} == nowhere
    for limit in (0, 3, 20, 500, 4000):
        assert quickdraw.fingerprint(real_data / "quickdraw", limit) == ""
    here = tmp_path / "quickdraw" / "simplified"
    shutil.copytree(real_data / "quickdraw" / "simplified", here)
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    assert key("quickdraw") == nowhere["quickdraw"]
    file = here / "cat.ndjson"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"[[[106,", b"[[[107,", 1))
    assert key("quickdraw") != nowhere["quickdraw"]


# Omniglot


def archives(root: Path, drawers: int = 20, shift: int = 0) -> Path:
    for name in ALPHABETS:
        omniglot_archive(root / f"{name}.zip", name, characters=4 + shift, drawers=drawers)
    return root


def test_other_archives_under_the_same_name_are_other_drawings(tmp_path, monkeypatch, nowhere):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    store, keys = Store(tmp_path / "cache"), [nowhere["omniglot"]]
    for shift in (0, 1):
        archives(tmp_path / "omniglot", shift=shift)
        keys.append(key("omniglot"))
        assert len(store.get(presets.drawings("omniglot")).names) == 3 * (4 + shift)
    assert len(set(keys)) == 3


def test_how_an_archive_is_packed_does_not_matter_but_each_drawing_does(tmp_path):
    root = archives(tmp_path / "omniglot")
    before = omniglot.fingerprint(root)
    file = root / "images_background.zip"
    with zipfile.ZipFile(file) as opened:
        content = {name: opened.read(name) for name in opened.namelist()}
    repack(file, {"README": b"packed again", **dict(reversed(content.items()))})
    assert omniglot.fingerprint(root) == before != ""
    one, other = sorted(content)[:2]
    repack(file, content | {one: content[other], other: content[one]})
    assert omniglot.fingerprint(root) not in ("", before)


def repack(file: Path, content: dict[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w") as packed:
        for name, value in content.items():
            packed.writestr(name, value)


def test_the_published_archives_are_what_models_ship_for_however_packed(tmp_path, real_data):
    assert omniglot.fingerprint(real_data / "omniglot") == ""
    for name in omniglot.ARCHIVES:
        shutil.copy(real_data / "omniglot" / name, tmp_path / name)
        (tmp_path / name).chmod(0o600)
        with zipfile.ZipFile(tmp_path / name, "a") as opened:
            opened.writestr("README", "packed again")
    assert omniglot.fingerprint(tmp_path) == ""
    (tmp_path / name).write_bytes(b"no archive")
    assert omniglot.fingerprint(tmp_path) != ""
    (tmp_path / name).unlink()
    assert omniglot.fingerprint(tmp_path) == "", "a missing archive is named when it is read"


# Folders


def page(path: Path, shift: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", (40, 40), 255)
    ImageDraw.Draw(image).line((5 + shift, 5, 30, 35), fill=0, width=3)
    image.save(path)
    return path


@pytest.fixture
def own(tmp_path) -> Path:
    """Six concepts of four pages, the last of strokes."""
    for number, concept in enumerate(("house", "umbrella", "vase", "wheel", "yacht")):
        for k in range(4):
            page(tmp_path / "own" / concept / f"{k}.png", 4 * number + k)
    ndjson(tmp_path / "own" / "tree" / "oak.ndjson")
    return tmp_path / "own"


def test_drawings_are_the_same_from_any_place_by_any_name(own, tmp_path, monkeypatch):
    wanted = key(f"folder:{own}")
    shutil.copytree(own, tmp_path / "copy")
    (tmp_path / "link").symlink_to(own)
    monkeypatch.chdir(tmp_path)
    for name in (f"{own}/", f"{own}/.", "own", "./own/", f"{tmp_path}/copy", "copy/", "link"):
        assert key(f"folder:{name}") == wanted, name
    assert presets.drawings("folder:link/").dataset == f"folder:{own.resolve()}"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert key("folder:~/own") == wanted


def test_an_artefact_of_a_folder_is_found_from_its_copy(own, tmp_path, monkeypatch):
    store = Store(tmp_path / "cache")
    made = store.get(presets.drawings(f"folder:{own}"))
    own.rename(tmp_path / "moved")
    monkeypatch.setattr(Drawings, "make", lambda *_: pytest.fail("drawn again"))
    found = Store(tmp_path / "cache").get(presets.drawings(f"folder:{tmp_path / 'moved'}"))
    assert found.names == made.names and (found.pages == made.pages).all()


def test_a_recipe_that_travels_knows_where_its_drawings_are(own):
    recipe = presets.drawings(f"folder:{own}")
    again = from_json(json.loads(json.dumps(recipe.to_json())))
    assert again == recipe and again.key == recipe.key
    assert again.dataset == f"folder:{own.resolve()}"


@pytest.mark.parametrize(
    "name",
    ["Thumbs.db", "desktop.ini", ".DS_Store", "house/Thumbs.db", "house/._0.png", "tree/.x/0.png",
     "notes.txt", "house/notes.txt", ".git/house/0.png"],
)  # fmt: skip
def test_what_is_not_read_does_not_matter(own, name):
    before = key(f"folder:{own}")
    (own / name).parent.mkdir(parents=True, exist_ok=True)
    (own / name).write_bytes(b"of the system")
    assert key(f"folder:{own}") == before


def test_when_a_file_was_written_does_not_matter_but_what_it_holds_does(own):
    before = key(f"folder:{own}")
    file = own / "house" / "0.png"
    os.utime(file, (1, 1))
    assert key(f"folder:{own}") == before
    times, old = file.stat(), file.read_bytes()
    file.write_bytes(old[:-1] + bytes([old[-1] ^ 1]))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert file.stat().st_size == times.st_size
    assert key(f"folder:{own}") != before
    file.write_bytes(old)
    assert key(f"folder:{own}") == before
    file.rename(own / "house" / "9.png")
    assert key(f"folder:{own}") != before, "the order of drawings is another"


def test_what_changes_behind_a_link_is_seen(own, tmp_path):
    real = tmp_path / "elsewhere"
    (own / "house").rename(real)
    (own / "house").symlink_to(real)
    before = key(f"folder:{own}")
    store = Store(tmp_path / "cache")
    assert len(store.get(presets.drawings(f"folder:{own}")).pages) == 24
    page(real / "4.png", 30)
    assert key(f"folder:{own}") != before
    assert len(store.get(presets.drawings(f"folder:{own}")).pages) == 25


def test_drawings_that_changed_after_they_were_asked_for_are_refused(own, tmp_path):
    recipe = presets.drawings(f"folder:{own}")
    page(own / "house" / "0.png", 20)
    with pytest.raises(DataError, match="are not those that were asked for, or changed while"):
        Store(tmp_path / "cache").get(recipe)
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


def test_a_file_is_hashed_once_while_it_is_the_same(tmp_path, monkeypatch):
    file, read = tmp_path / "file", []
    file.write_text("a")

    def digest(path):
        read.append(path)
        return Path(path).read_text()

    assert [identity.cached(digest, file) for _ in range(3)] == ["a"] * 3 and len(read) == 1
    file.write_text("b")
    assert identity.cached(digest, file) == "b" and len(read) == 2
    file.unlink()
    with pytest.raises(DataError, match=r"file cannot be read \(No such file"):
        identity.cached(digest, file)
