"""Sliders and sheets of drawings that were kept: of records, and of originalities."""

from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import Markdown
from PIL import Image

from oneshot.evaluations import at_hand
from oneshot.evaluations.record import Record
from oneshot.evaluations.samples import Shown
from oneshot.evaluations.table import Table
from oneshot.evenly import evenly
from oneshot.metrics.tradeoff import Tradeoff
from oneshot.recipes.results import quantise
from oneshot.systems import label
from oneshot.widgets import sheets
from oneshot.widgets.canvas import REGULARIZERS, looks, point, unless_empty
from oneshot.widgets.explorer import Dot, Explorer

NO_DRAWINGS = Markdown("*No drawings have been kept yet.*")
NEAR = 0.08
"""A drawing is an example of an originality that is at most this far from its own."""


def systems_explorer(table: Table, concepts: int, name: str = "systems") -> Explorer | Markdown:
    """Return people and systems on one plane, and what they drew of some concepts.

    The drawings stand for all of a system, from the nearest to the exemplar to the farthest. A
    system whose drawings are not kept is a mark.
    """
    groups = {label(one): [row] for one, row in table.systems.items()}
    return explorer(groups, table, concepts, name=name)


def explorer(
    groups: Mapping[str, Sequence[Record]],
    table: Table,
    concepts: int,
    *,
    kind: str = "spread",
    kept: Mapping[Record, Shown] | None = None,
    values: str | Mapping[str, str] = "",
    called: str = "",
    x: str = "diversity",
    curves: Mapping[str, Tradeoff] | None = None,
    paths: bool = False,
    name: str = "explore",
) -> Explorer | Markdown:
    """Return records by group on the plane of `x` and recognizability, and what each drew.

    `values` is the column that records of a group differ in, or that of each group, and `called`
    names it. `curves` were fitted through groups; with `paths` each record has its generalization
    curve. Drawings are those that were kept for a kind of figure, or `kept` here. The concept
    shown first is that of middling recognizability among the half with more ink: nobody has picked
    it, and there is something to see.
    """
    if kept is None:
        found = {one: table.drawings(one, kind) for rows in groups.values() for one in rows}
        kept = {one: shown for one, shown in found.items() if shown is not None}
    if not kept:
        return NO_DRAWINGS
    rows = [one for records in groups.values() for one in records if one in kept]
    first = kept[rows[0]]
    chosen = evenly(len(first.names), concepts)
    names = [first.names[k] for k in chosen]
    people = (table.human and kept.get(table.human)) or at_hand.human_drawings(table, kind)
    human = point(table.human, x) if table.human else None
    columns = dict.fromkeys(groups, values) if isinstance(values, str) else values
    dots = [
        _dot(group, one, kept[one].drawings[chosen], columns[group], called, x, paths)
        for group, records in groups.items()
        for one in records
        if one in kept
    ]
    rest = {
        label(one.system): point(one, x)
        for records in groups.values()
        for one in records
        if one not in kept
    }
    fits = {group: np.array(fit.path) for group, fit in (curves or {}).items()}
    return Explorer(
        dots,
        names,
        exemplar_pictures(rows[0], first)[chosen],
        people=_of(people, names),
        human=human,
        reference=np.array(table.human.bins) if paths and table.human else None,
        lines=fits,
        marks=rest,
        x=x,
        called=called,
        name=name,
        start=(_first(dots), _middling(rows, first, chosen)),
    )


def _dot(
    group: str, one: Record, drawings: np.ndarray, column: str, called: str, x: str, path: bool
) -> Dot:
    value = f"{one[column]:g}" if column else ""
    told = caption(one, f"{group}, {called} {value}" if value else group, x)
    colour, _ = looks(group if REGULARIZERS.keys() & group.split("+") else one.system)
    place = point(one, x)
    return Dot(group, place, drawings, told, value, colour, np.array(one.bins) if path else None)


def _of(shown: Shown | None, names: Sequence[str]) -> np.ndarray | None:
    """Return the drawings of these concepts, None unless there are some of each."""
    if shown is None or not set(names) <= set(shown.names):
        return None
    return shown.drawings[[shown.names.index(name) for name in names]]


def _first(dots: Sequence[Dot]) -> int:
    """Return the middle dot of the first group."""
    mine = [k for k, dot in enumerate(dots) if dot.group == dots[0].group]
    return mine[len(mine) // 2]


def _middling(records: Sequence[Record], kept: Shown, chosen: np.ndarray) -> int:
    """Return which of the concepts chosen among those kept is of median recognizability.

    Of those with the median of ink or more in the drawings that were kept.
    """
    means = np.mean([one.per_concept["recognizability"] for one in records], axis=0)
    places = evenly(len(means), len(kept.names))[chosen]
    ink = kept.drawings[chosen].mean((1, 2, 3, 4))
    inked = np.flatnonzero(ink >= np.median(ink))
    order = means[places][inked].argsort(kind="stable")
    return int(inked[order[len(order) // 2]])


def exemplar_pictures(record: Record, shown: Shown) -> np.ndarray:
    """Return the exemplars (C, 1, H, W) of kept drawings, uint8, or plates with their names.

    Names stand where the data set is not at hand: exemplars do not ship with the project.
    """
    there = at_hand.exemplars(record, shown)
    if there is None:
        side = shown.drawings.shape[-1]
        return np.stack([sheets.nameplate(name, side) for name in shown.names])
    return quantise(there).numpy()


@unless_empty
def sheet(drawings: Mapping[str, np.ndarray], framed: np.ndarray, **options) -> sheets.Sheet:
    """Return drawings (V, 1, H, W) by name, a row each, beside exemplars (rows, 1, H, W)."""
    rows = [sheets.label(name) for name in drawings]
    return sheets.contact_sheet(np.stack(list(drawings.values())), framed, rows=rows, **options)


def sheet_of(
    record: Record, shown: Shown | None, concepts: int, columns: int = 11
) -> sheets.Sheet | Markdown:
    """Return drawings of one record, a row for each of some concepts, beside the exemplar."""
    if shown is None:
        return NO_DRAWINGS
    chosen = evenly(len(shown.names), concepts)
    rows = {shown.names[k]: shown.drawings[k, :columns] for k in chosen}
    made = sheet(rows, exemplar_pictures(record, shown)[chosen])
    if shown.originality is not None:
        for k in chosen:
            for place, far in enumerate(shown.originality[k, :columns], start=1):
                made.note(concept=shown.names[k], drawing=place, originality=far)
    return made


def nearest_drawings(shown: Shown, level: float) -> np.ndarray:
    """Return of each concept the drawing (C, 1, H, W) whose originality is nearest to `level`.

    Blank where that is more than `NEAR` away.
    """
    assert shown.originality is not None
    off = np.abs(shown.originality - level)
    nearest, places = off.argmin(axis=1), np.arange(len(off))
    found = shown.drawings[places, nearest].copy()
    found[off[places, nearest] > NEAR] = 0
    return found


def pairs(above: np.ndarray, below: np.ndarray) -> Image.Image:
    """Return images (C, 1, H, W), four to a row, each row over its partners."""
    blank = np.zeros((-len(above) % 4, *above.shape[1:]), np.uint8)
    rows = [np.concatenate([p, blank]).reshape(-1, 4, *p.shape[1:]) for p in (above, below)]
    return sheets.grid(np.stack(rows, axis=1).reshape(-1, 4, *above.shape[1:]))


def point_on(curve: np.ndarray, level: float) -> np.ndarray:
    """Return the point of a curve (n, 2) at an originality, or its end where it does not reach."""
    x, y = curve[curve[:, 0].argsort()].T
    return np.array([np.clip(level, x[0], x[-1]), np.interp(level, x, y)])


def caption(record: Record, name: str, x: str = "diversity") -> str:
    """Return where a record stands on the plane of `x` and recognizability, in words."""
    return (
        f"{name}: {x} {record[x].value:.2f}, recognizability "
        f"{record.recognizability.value:.1f}\u00a0%"
    )
