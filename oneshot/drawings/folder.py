"""Your own drawings: a folder per concept, with PNG pages or one-drawing-a-line ndjson."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from oneshot.drawings.errors import DataError
from oneshot.drawings.ndjson import strokes_of
from oneshot.drawings.raster import fit_square, render
from oneshot.drawings.splits import by_group, check_enough

LEAST = 4
EXPECTED = "expected a folder that holds <concept>/*.png or <concept>/*.ndjson"


def names(root: Path) -> list[str]:
    """Return the names of the folders in `root`, sorted; raise DataError for fewer than six.

    Hidden folders and files, such as those of an editor, are not looked at, here or elsewhere.
    """
    found = [path.name for path in _seen(_there(root), "*") if path.is_dir()]
    if not found:
        raise DataError(f"{root} holds no folders; {EXPECTED}")
    check_enough(len(found), f"are in {root}")
    return found


def pages(root: Path, wanted: Sequence[str], side: int, limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the drawings of each wanted folder, uint8 (n, side, side), ink = 255.

    PNG pages may be of any size, dark on light or light on dark (the rarer shade is ink); ndjson
    lines are Quick, Draw! simplified drawings, each file named after its word.

    Raises DataError when a concept has fewer than four drawings or a file cannot be read.
    """
    for concept in (Path(root) / name for name in wanted):
        drawn = [_page(file, side) for file in _seen(concept, "*.png")]
        for file in _seen(concept, "*.ndjson"):
            drawn += [render(fit_square(strokes), side) for strokes in strokes_of(file)]
        if len(drawn) < LEAST:
            raise DataError(
                f"{concept} holds {len(drawn)} drawings; at least {LEAST} *.png or lines of "
                "*.ndjson are needed"
            )
        yield np.stack(drawn[: limit or None])


def fingerprint(root: Path) -> str:
    """Return a digest of the names, sizes and times of all files, so that a change is noticed.

    Raises DataError when `root` is no folder.
    """
    listing = [
        f"{path.relative_to(root)}:{path.stat().st_size}:{path.stat().st_mtime_ns}"
        for path in _seen(_there(root), "**/*")
        if path.is_file()
    ]
    return hashlib.sha256("\n".join(listing).encode()).hexdigest()


def split(names: list[str]) -> np.ndarray:
    """Return a seeded split: 15 % of the concepts test, 10 % validation, each at least two."""
    return by_group(names, validation=0.1, test=0.15)


def _there(root: Path) -> Path:
    """Return the folder, or raise DataError where there is none."""
    if not Path(root).is_dir():
        raise DataError(f"{root} is not a folder; {EXPECTED}")
    return Path(root)


def _seen(root: Path, pattern: str) -> list[Path]:
    """Return what is in a folder and not hidden, sorted."""
    return sorted(
        path
        for path in root.glob(pattern)
        if not any(part.startswith(".") for part in path.relative_to(root).parts)
    )


def _page(file: Path, side: int) -> np.ndarray:
    try:
        with Image.open(file) as image:
            grey = np.asarray(
                _opaque(image).convert("L").resize((side, side), Image.Resampling.BILINEAR),
                np.float32,
            )
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{file} is not a readable PNG ({error})") from None
    if np.ptp(grey) == 0:
        raise DataError(f"{file} is a blank page")
    ink = (grey - grey.min()) / np.ptp(grey)
    if ink.mean() > 0.5:
        ink = 1 - ink
    return np.round(ink * 255).astype(np.uint8)


def _opaque(image: Image.Image) -> Image.Image:
    """Return the page on white paper where it is transparent."""
    if not image.has_transparency_data:
        return image
    page = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", page.size, "white"), page)
