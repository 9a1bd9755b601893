import shutil
import zipfile
from functools import partial

import numpy as np
import pytest
from PIL import Image

from oneshot.drawings import omniglot

from .conftest import fault_of, omniglot_archive

fault = partial(fault_of, omniglot)


def test_names_are_alphabet_and_character_sorted(omniglot_root):
    names = omniglot.names(omniglot_root)
    assert len(names) == 18
    assert names[0] == "Angelic.character01" and names[-1] == "Latin.character06"
    assert names == sorted(names)


def test_pages_are_binary_with_ink_where_the_paper_was_black(omniglot_root):
    (pages,) = omniglot.pages(omniglot_root, ["Greek.character02"], 105)
    assert pages.shape == (20, 105, 105) and set(np.unique(pages)) == {0, 255}
    archive = zipfile.ZipFile(omniglot_root / "images_background.zip")
    with archive, archive.open("images_background/Greek/character02/0002_07.png") as file:
        black = ~np.asarray(Image.open(file))
    assert np.array_equal(pages[6] == 255, black)


def test_limit_takes_the_first_drawers(omniglot_root):
    (every,) = omniglot.pages(omniglot_root, ["Angelic.character01"], 48)
    (some,) = omniglot.pages(omniglot_root, ["Angelic.character01"], 48, 5)
    assert np.array_equal(every[:5], some)


def test_a_missing_archive(omniglot_root):
    (omniglot_root / "images_evaluation.zip").unlink()
    message = fault(omniglot_root)
    assert "images_evaluation.zip is missing" in message
    assert "oneshot data fetch omniglot" in message and "ONESHOT_DATA" in message


def test_a_truncated_archive(omniglot_root):
    archive = omniglot_root / "images_background.zip"
    archive.write_bytes(archive.read_bytes()[:-1000])
    message = fault(omniglot_root)
    assert str(archive) in message and "not a whole zip file" in message
    assert "oneshot data fetch omniglot" in message


def test_something_else_saved_as_an_archive(omniglot_root):
    archive = omniglot_root / "images_background.zip"
    archive.write_text("<html>404 not found</html>")
    assert "not a whole zip file" in fault(omniglot_root)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_corrupt_drawing_is_named(omniglot_root, place):
    archive = omniglot_root / "images_background.zip"
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
    member = members[int(place * len(members))]
    content = bytearray(archive.read_bytes())
    start = member.header_offset + 30 + len(member.filename)
    content[start + 4 : start + member.compress_size] = b"\xff" * (member.compress_size - 4)
    archive.write_bytes(content)
    message = fault(omniglot_root)
    assert str(archive) in message and member.filename in message
    assert "oneshot data fetch omniglot" in message


def test_a_member_that_is_no_png(omniglot_root):
    archive = omniglot_root / "images_background.zip"
    bad = "images_background/Greek/character01/0001_20.png"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(omniglot_root / "new.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, b"GIF89a" if name == bad else old.read(name))
    (omniglot_root / "new.zip").replace(archive)
    assert bad in fault(omniglot_root)


def test_the_other_archive_under_this_name(omniglot_root):
    shutil.copy(omniglot_root / "images_background.zip", omniglot_root / "images_evaluation.zip")
    message = fault(omniglot_root)
    assert "images_evaluation.zip holds images_background; expected images_evaluation/" in message


def test_another_layout(omniglot_root):
    with zipfile.ZipFile(omniglot_root / "images_background.zip", "w") as archive:
        archive.writestr("photos/cat/1.png", b"")
    message = fault(omniglot_root)
    assert "holds no drawings" in message and "<alphabet>/characterNN/*.png" in message


def test_a_character_with_too_few_drawings(omniglot_root):
    omniglot_archive(omniglot_root / "images_evaluation.zip", "images_evaluation", drawers=19)
    message = fault(omniglot_root)
    assert "Angelic.character01 has 19 drawings, expected 20" in message


def test_the_real_characters_have_the_published_share_of_ink(real_data):
    root = real_data / "omniglot"
    names = [name for name in omniglot.names(root) if name.endswith("01")]
    pages = np.concatenate(list(omniglot.pages(root, names, 50)))
    assert len(pages) == 1000
    assert pages.mean() / 255 == pytest.approx(0.078, abs=0.004)
