"""A slider that works with a kernel, in a static page, and from disk without a network."""

import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import anywidget
import numpy as np
import traitlets
from IPython.display import DisplayObject, display
from PIL import Image

from oneshot.widgets.assets import bundle, style
from oneshot.widgets.axes import axis
from oneshot.widgets.explorer import Explorer
from oneshot.widgets.sheets import joined, webp
from oneshot.widgets.still import still


class SpriteSlider(anywidget.AnyWidget):
    """One or two sliders over a sheet of pictures, with captions and a plot where a dot travels.

    `frames` are palette images of one size, as `sheets.page` makes them: one for every position,
    the last slider running fastest. `sliders` maps a label to the values it steps through. There
    may be a caption for every frame. `plot` comes from `plane`. `start` is the first position;
    `alt` says in words what the pictures show.
    Raises ValueError when frames, captions or dots do not match the sliders.
    """

    _esm = bundle("parts", "sprite_slider")
    _css = style("sprite_slider")

    sheet = traitlets.Bytes().tag(sync=True)
    tile = traitlets.List(traitlets.Int()).tag(sync=True)
    sliders = traitlets.List(traitlets.Dict()).tag(sync=True)
    position = traitlets.List(traitlets.Int()).tag(sync=True)
    captions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    plot = traitlets.Dict().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    still = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        frames: Sequence[Image.Image],
        sliders: Mapping[str, Sequence[object]],
        *,
        captions: Sequence[str] = (),
        plot: dict | None = None,
        start: Sequence[int] | None = None,
        alt: str = "",
    ):
        counts = [len(values) for values in sliders.values()]
        if not 1 <= len(counts) <= 2 or 0 in counts:
            raise ValueError(f"expected one or two sliders with values, got {dict(sliders)}")
        if len(frames) != math.prod(counts) or len(captions) not in (0, len(frames)):
            raise ValueError(
                f"sliders with {' x '.join(map(str, counts))} positions need as many frames and "
                f"captions (or none), got {len(frames)} frames and {len(captions)} captions"
            )
        if plot and len(plot["dots"]) not in (counts[0], len(frames)):
            raise ValueError(
                f"{len(plot['dots'])} dots for {counts[0]} positions and {len(frames)} frames"
            )
        super().__init__(
            sheet=webp(joined(_rows(frames, counts[-1]))),
            tile=list(frames[0].size),
            sliders=[
                {"label": label, "values": [_text(value) for value in values]}
                for label, values in sliders.items()
            ],
            position=list(start) if start is not None else [0] * len(counts),
            captions=list(captions),
            plot=plot or {},
            alt=alt,
        )
        self.still = hashlib.sha256(self.sheet + repr(self.sliders).encode()).hexdigest()[:12]
        self._frames = list(frames)

    def show(self) -> None:
        """Display the slider, and until it is there, or without JavaScript, its present frame."""
        number = 0
        for slider, place in zip(self.sliders, self.position, strict=True):
            number = number * len(slider["values"]) + place
        caption = self.captions[number] if self.captions else self.alt
        display(still(self._frames[number], caption, self.still, self._rows()))
        display(self)

    def _rows(self) -> Iterator[dict[str, object]]:
        """Yield what each position shows: the values of the sliders, its point, and its caption."""
        labels = [slider["label"] for slider in self.sliders]
        steps = itertools.product(*(slider["values"] for slider in self.sliders))
        for number, values in enumerate(steps):
            row: dict[str, object] = dict(zip(labels, values, strict=True))
            if self.plot:
                dots = self.plot["dots"]
                at = dots[number * len(dots) // len(self._frames)]
                row |= {f"{self.plot[k]['label']} of the dot": at[i] for i, k in enumerate("xy")}
            yield row | ({"caption": self.captions[number]} if self.captions else {})


def display_slider(made: SpriteSlider | Explorer | DisplayObject) -> None:
    """Display a slider or an explorer, or what there is in its place."""
    made.show() if isinstance(made, SpriteSlider | Explorer) else display(made)


def plane(
    curves: Mapping[str, np.ndarray],
    dots: np.ndarray,
    *,
    active: Sequence[str | None] | None = None,
    reference: str | None = None,
) -> dict:
    """Return the plot of a SpriteSlider: curves in the plane, and dots, of which one is shown.

    The plane is that of originality and recognizability.
    `curves` maps a name to its points (n, 2); `dots` (n, 2) are one for each value of the first
    slider, or one for each frame. `active` names the curve to highlight with each dot and
    `reference` the dashed one, such as the human curve.
    """
    names = list(curves)
    points = np.vstack([*curves.values(), dots])
    active = [None] * len(dots) if active is None else active
    return {
        "x": axis(points[:, 0], "originality"),
        "y": axis(points[:, 1], "recognizability (%)"),
        "curves": [
            {"label": name, "points": np.round(line, 4).tolist(), "reference": name == reference}
            for name, line in curves.items()
        ],
        "dots": np.round(dots, 4).tolist(),
        "active": [None if name is None else names.index(name) for name in active],
    }


def _rows(frames: Sequence[Image.Image], columns: int) -> list[Sequence[Image.Image]]:
    return [frames[k : k + columns] for k in range(0, len(frames), columns)]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
