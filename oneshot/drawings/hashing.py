"""What tells a drawing from others, wherever it is kept and however it is rendered."""

import hashlib
from collections.abc import Sequence

import numpy as np


def content_hash(parts: Sequence[np.ndarray]) -> int:
    """Return 8 bytes of BLAKE2 of what is drawn, as a signed integer.

    `parts` are the strokes of a drawing, (points, 2), or the pixels of a page that has none. How a
    file spells or orders its records does not matter, nor does how a drawing is rendered.
    """
    total = hashlib.blake2b(digest_size=8)
    for part in parts:
        total.update(np.array(np.shape(part), np.int64).tobytes())
        total.update(np.ascontiguousarray(part, dtype="<f4").tobytes())
    return int.from_bytes(total.digest(), "little", signed=True)
