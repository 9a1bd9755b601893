"""Tiny archives in the official layouts."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

ALPHABETS = {"images_background": ("Greek", "Latin"), "images_evaluation": ("Angelic",)}


def png(seed: int, side: int = 105) -> bytes:
    """A black line on white paper, as in Omniglot; where it lies depends on the seed."""
    page = Image.new("1", (side, side), 1)
    ends = np.random.default_rng(seed).integers(10, side - 10, 4).tolist()
    ImageDraw.Draw(page).line(ends, fill=0, width=3)
    content = io.BytesIO()
    page.save(content, "PNG")
    return content.getvalue()


def omniglot_archive(path: Path, folder: str, characters: int = 6, drawers: int = 20) -> Path:
    """Write one of the two archives of Omniglot with a few characters."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for alphabet in ALPHABETS[folder]:
            for character in range(1, characters + 1):
                number += 1
                for drawer in range(1, drawers + 1):
                    name = f"{number:04}_{drawer:02}.png"
                    place = f"{folder}/{alphabet}/character{character:02}/{name}"
                    archive.writestr(place, png(1000 * number + drawer))
    return path


@pytest.fixture
def omniglot_root(tmp_path) -> Path:
    """A folder with two whole archives: 3 alphabets of 6 characters, 20 drawings each."""
    root = tmp_path / "omniglot"
    for folder in ALPHABETS:
        omniglot_archive(root / f"{folder}.zip", folder)
    return root


def record(word: str, seed: int, recognised: bool = True) -> str:
    """One line of a simplified ndjson file: two strokes."""
    random = np.random.default_rng(seed)
    drawing = [random.integers(0, 256, (2, count)).tolist() for count in (2, 5)]
    return json.dumps(
        {
            "word": word,
            "countrycode": "US",
            "timestamp": "2017-03-02 23:25:10.07453 UTC",
            "recognized": recognised,
            "key_id": str(seed),
            "drawing": drawing,
        },
        separators=(",", ":"),
    )


def ndjson(path: Path, count: int = 6, word: str | None = None) -> Path:
    """Write a category file; every third drawing is not recognised."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record(word or path.stem, k, k % 3 != 2) for k in range(count)]
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.fixture
def quickdraw_root(tmp_path) -> Path:
    """A folder with three categories of 6 drawings, 4 of them recognised."""
    root = tmp_path / "quickdraw"
    for name in ("cat", "the bus", "zebra"):
        ndjson(root / "simplified" / f"{name}.ndjson")
    return root
