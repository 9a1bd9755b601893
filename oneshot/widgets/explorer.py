"""One plane on which every dot can be asked what it drew, beside its exemplar and people.

It stands in place of many sliders: the axes stay where they are, so that dots can be compared. Like
all widgets here it works with a kernel, in a static page, and from disk without a network.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import anywidget
import numpy as np
import traitlets
from IPython.display import display
from PIL import Image

from oneshot.widgets import sheets
from oneshot.widgets.assets import bundle, style
from oneshot.widgets.axes import axis
from oneshot.widgets.still import still

COLUMNS = 4
"""Tiles in a row of the drawings of a dot, its exemplar among them."""


@dataclass(frozen=True)
class Dot:
    """Drawings (C, V, 1, H, W) of some concepts, and the point (x, y) of what drew them.

    Dots of one `group` are stepped through by their `value`, which names a dot in its group. A
    `path` (n, 2) is a curve of the dot's own, such as its generalization curve.
    """

    group: str
    at: tuple[float, float]
    drawings: np.ndarray
    caption: str
    value: str = ""
    colour: str = "#b04a16"
    path: np.ndarray | None = None


class Explorer(anywidget.AnyWidget):
    """Dots on a plane with fixed axes, each with what it drew of the concept that is chosen.

    `names` are the C concepts and `exemplars` (C, 1, H, W) their pictures; `people` are drawings
    (C, V, 1, H, W) by people, where there are any, `human` is their point and `reference` their
    path. `lines` maps groups to paths (n, 2), `marks` other names to points. `x` labels its
    axis, beside recognizability, `called` names what the values of a group are, and `name` is what
    a link calls it. `start` is the first dot and concept.
    Raises ValueError when there is no dot, or one whose drawings are not of the concepts named.
    """

    _esm = bundle("parts", "explorer")
    _css = style("explorer")

    sheet = traitlets.Bytes().tag(sync=True)
    beside = traitlets.Bytes().tag(sync=True)
    thumbs = traitlets.Bytes().tag(sync=True)
    tile = traitlets.List(traitlets.Int()).tag(sync=True)
    dots = traitlets.List(traitlets.Dict()).tag(sync=True)
    groups = traitlets.List(traitlets.Dict()).tag(sync=True)
    human = traitlets.Dict().tag(sync=True)
    marks = traitlets.List(traitlets.Dict()).tag(sync=True)
    axes = traitlets.Dict().tag(sync=True)
    concepts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    called = traitlets.Unicode().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode("drawings after the framed exemplar").tag(sync=True)
    position = traitlets.List(traitlets.Int()).tag(sync=True)
    still = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        dots: Sequence[Dot],
        names: Sequence[str],
        exemplars: np.ndarray,
        *,
        people: np.ndarray | None = None,
        human: tuple[float, float] | None = None,
        reference: np.ndarray | None = None,
        lines: Mapping[str, np.ndarray] | None = None,
        marks: Mapping[str, tuple[float, float]] | None = None,
        x: str = "diversity",
        called: str = "",
        name: str = "explore",
        start: tuple[int, int] = (0, 0),
    ):
        if not dots:
            raise ValueError("an explorer needs at least one dot")
        shapes = {len(dot.drawings) for dot in dots} | {len(exemplars), len(names)}
        if len(shapes) > 1:
            raise ValueError(f"drawings and exemplars of different numbers of concepts: {shapes}")
        self._pages = [_row(dot.drawings, exemplars) for dot in dots]
        lines, groups = lines or {}, list(dict.fromkeys(dot.group for dot in dots))
        colours = {dot.group: dot.colour for dot in dots}
        marks = marks or {}
        points = [*(dot.at for dot in dots), *marks.values(), *([human] if human else [])]
        paths = [reference, *(dot.path for dot in dots), *map(lines.get, groups)]
        points = np.vstack([points, *(path for path in paths if path is not None)])
        super().__init__(
            sheet=sheets.webp(sheets.joined(self._pages)),
            beside=b"" if people is None else sheets.webp(sheets.joined([_row(people)])),
            thumbs=sheets.webp(
                sheets.joined([[sheets.page(e[None], columns=1) for e in exemplars]])
            ),
            tile=list(self._pages[0][0].size),
            dots=[
                {
                    "group": groups.index(dot.group),
                    "value": dot.value,
                    "at": _points(dot.at),
                    "caption": dot.caption,
                    "path": _points(dot.path),
                }
                for dot in dots
            ],
            groups=[
                {
                    "label": group,
                    "colour": colours[group],
                    "line": _points(lines.get(group)),
                }
                for group in groups
            ],
            human={"at": _points(human), "path": _points(reference)},
            marks=[{"label": name, "at": _points(at)} for name, at in marks.items()],
            axes={"x": axis(points[:, 0], x), "y": axis(points[:, 1], "recognizability (%)")},
            concepts=[sheets.label(name) for name in names],
            called=called,
            name=name,
            position=[int(k) for k in start],
        )
        told = repr((self.dots, self.name, self.concepts)).encode()
        self.still = hashlib.sha256(self.sheet + told).hexdigest()[:12]

    def show(self) -> None:
        """Display the explorer, and until it is there, or without JavaScript, its present dot."""
        dot, concept = self.position
        caption = self.dots[dot]["caption"]
        display(still(self._pages[dot][concept], caption, self.still, self._rows()))
        display(self)

    def _rows(self) -> Iterator[dict[str, object]]:
        """Yield the name and the point of people, of each dot, and of each mark."""
        x, y = (self.axes[way]["label"] for way in "xy")
        if self.human["at"]:
            yield dict(zip(("name", x, y), ("human", *self.human["at"]), strict=True))
        for dot in self.dots:
            told = {"name": self.groups[dot["group"]]["label"]}
            told |= {self.called or "value": dot["value"]} if dot["value"] else {}
            yield told | dict(zip((x, y), dot["at"], strict=True))
        for mark in self.marks:
            yield dict(zip(("name", x, y), (mark["label"], *mark["at"]), strict=True))


def _row(drawings: np.ndarray, exemplars: np.ndarray | None = None) -> list[Image.Image]:
    """Return the picture of each concept."""
    first = [None] * len(drawings) if exemplars is None else exemplars
    return [sheets.page(d, e, columns=COLUMNS) for d, e in zip(drawings, first, strict=True)]


def _points(path: np.ndarray | tuple[float, float] | None) -> list:
    return [] if path is None else np.round(path, 4).tolist()
