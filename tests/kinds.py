"""Pages and files of drawings whose ink is known, for tests of readers."""

import io

import numpy as np
import torch.nn.functional as F
from PIL import Image, ImageDraw

from oneshot.drawings import folder
from oneshot.drawings.reading import read_drawing

POINTS = [(60, 50), (120, 190), (220, 60), (180, 50)]


def sheet(size=(300, 240), pen=8, paper=255, ink=0, mode="L", points=POINTS) -> Image.Image:
    """A page with an uneven hook on it."""
    image = Image.new(mode, size, paper)
    ImageDraw.Draw(image).line(points, fill=ink, width=pen, joint="curve")
    return image


def wanted() -> np.ndarray:
    return read_drawing({"strokes": [list(zip(*POINTS, strict=True))]})[0, 0].numpy() > 0.5


def shows(source) -> bool:
    """Say whether the ink of a drawing is that of the hook, to a pixel."""
    page = read_drawing(source)
    others = read_drawing({"strokes": [list(zip(*POINTS, strict=True))]})
    ink, hook = page > 0.5, others > 0.5
    near_ink, near_hook = (F.max_pool2d(one.float(), 3, 1, 1) > 0 for one in (ink, hook))
    return not ((ink & ~near_hook) | (hook & ~near_ink)).any()


def saved(image, format, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def concepts(root, **of_house):
    """Write six concepts of four pages each; those of the first are given by name."""
    for name in ("house", "tree", "umbrella", "vase", "wheel", "yacht"):
        (root / name).mkdir(parents=True)
        if name != "house" or not of_house:
            for k in range(4):
                sheet(pen=5 + k).save(root / name / f"{k}.png")
    for name, content in of_house.items():
        (root / "house" / name.replace("__", ".")).write_bytes(content)
    return root


def read(root, concept="house", **options) -> np.ndarray:
    return next(folder.pages(root, [concept], 48, **options))


# Pictures


def bitmaps(count=5) -> np.ndarray:
    small = 255 - np.asarray(sheet((280, 280)).resize((28, 28), Image.Resampling.BOX))
    return np.stack([small.reshape(784)] * count)


def npy(array) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()
