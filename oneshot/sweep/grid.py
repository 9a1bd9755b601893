"""Sweeps: a grid of regularizers, betas and seeds, and the runs it asks for.

A sweep is a YAML file:

    dataset: quickdraw
    preset: laptop
    seeds: [0, 1]
    controls: [none, augmentation, pixels]
    grid:
      - prototype: [1, 10, 100]
      - barlow: 30
        prototype: [1, 10, 100]

Each entry of the grid stands for all combinations of its betas. The grid is gone through in its
order, seed after seed, so the runs that matter most come first. The control "none" has no
regularizer; "augmentation" has none either, but trains on the views that SimCLR and Barlow would
compare; "pixels" is diffusion without any autoencoder (CFGDM).
"""

import difflib
import itertools
import math
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from oneshot import shipped
from oneshot.diffusion.guidance import check_strength
from oneshot.drawings.sources import root, source
from oneshot.evaluations.divisions import DIVISIONS
from oneshot.evaluations.evaluate import Evaluation, regularized
from oneshot.evaluations.record import HUMAN
from oneshot.objectives.regularizers import REGULARIZERS, bottleneck
from oneshot.recipes import presets

SHIPPED = shipped.DATA / "sweeps"
CONTROLS = ("none", "augmentation", "pixels")
LARGEST, DEEPEST = 1_000_000, 20
"""Letters of a file, and lists within lists in it; a sweep has hundreds, and three."""
MOST = 10_000
"""Runs of a sweep; nobody waits for more, and a slip of the pen asks for billions."""


class SweepError(ValueError):
    """A sweep asks for something that there is not; the message says what there is."""


@dataclass(frozen=True)
class Sweep:
    """A grid of runs; raises SweepError when a name or a number in it cannot be.

    Each entry of `grid` maps names of regularizers to one beta or several; `guidance` and `seeds`
    multiply the grid. `split` is "category", or "published" for `recipes.PublishedSplit`.
    """

    dataset: str
    preset: str = "laptop"
    split: str = "category"
    guidance: tuple[float, ...] = (1.0,)
    seeds: tuple[int, ...] = (0,)
    controls: tuple[str, ...] = ("none",)
    grid: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self):
        _choice("preset", self.preset, presets.PRESETS)
        _choice("split", self.split, DIVISIONS)
        if not isinstance(self.dataset, str):
            raise SweepError(f"dataset: {_shown(self.dataset)} is not a name")
        try:
            if source(self.dataset).name == "folder":
                root(self.dataset)
        except ValueError as error:
            raise SweepError(f"dataset: {error}") from None
        for name in _several("controls", self.controls):
            _choice("controls", name, CONTROLS)
        for seed in _several("seeds", self.seeds):
            if not isinstance(seed, int) or isinstance(seed, bool):
                raise SweepError(f"seeds: {_shown(seed)} is not a whole number")
            if seed < 0:
                raise SweepError(f"seeds: {seed} is below 0, the least there is")
        strengths = _several("guidance", self.guidance)
        object.__setattr__(self, "guidance", tuple(_number("guidance", s) for s in strengths))
        try:
            for strength in self.guidance:
                check_strength(strength)
        except ValueError as error:
            raise SweepError(str(error)) from None
        entries = enumerate(_list("grid", self.grid), start=1)
        grid = tuple(_entry(f"grid, entry {number}", entry) for number, entry in entries)
        object.__setattr__(self, "grid", grid)
        asked = self._asked()
        if asked > MOST:
            raise SweepError(f"the sweep asks for {asked:,} runs, more than {MOST:,}; divide it")
        if not self.runs:
            raise SweepError("the sweep has no run: name controls, or a grid with betas")

    @cached_property
    def runs(self) -> list[Evaluation]:
        """All runs, each once, in the order in which they are to be made."""
        seeds, controls, guidance = (
            _several(name, getattr(self, name)) for name in ("seeds", "controls", "guidance")
        )
        found = [
            self._run(weights, control, seed, strength)
            for seed, (weights, control), strength in itertools.product(
                seeds, [*(((), name) for name in controls), *self._points()], guidance
            )
        ]
        return list(dict.fromkeys(found))

    @property
    def human(self) -> Evaluation:
        """The drawings of the data set, as a run."""
        return Evaluation(self.dataset, self.preset, HUMAN, split=self.split, chosen=True)

    def _run(
        self, weights: tuple[tuple[str, float], ...], control: str, seed: int, strength: float
    ) -> Evaluation:
        way = {"split": self.split, "guidance": strength, "seed": seed, "chosen": True}
        if control == "pixels":
            return Evaluation(self.dataset, self.preset, "cfgdm", **way)
        settings = {"regularizer": control} if control else regularized(dict(weights))
        return Evaluation(self.dataset, self.preset, "ldm", tuple(settings.items()), **way)

    def _asked(self) -> int:
        """Return how many runs are asked for, before any is made up."""
        controls = len(_several("controls", self.controls))
        points = sum(math.prod(map(len, entry.values())) for entry in self.grid)
        return (controls + points) * len(_several("seeds", self.seeds)) * len(self.guidance)

    def _points(self) -> Iterator[tuple[tuple[tuple[str, float], ...], str]]:
        for entry in self.grid:
            for betas in itertools.product(*entry.values()):
                yield tuple(sorted(zip(entry, betas, strict=True))), ""


def read(file: str | Path) -> Sweep:
    """Return the sweep that a YAML file, or the name of one in data/sweeps, describes.

    Raises SweepError, naming the file, for whatever is wrong with it.
    """
    shipped = {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}
    file = shipped.get(str(file), file)
    try:
        text = Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise SweepError(
            f"{file} cannot be read ({error.strerror}); data/sweeps has {', '.join(shipped)}"
        ) from None
    except UnicodeDecodeError as error:
        raise SweepError(f"{file} is not text in UTF-8: {error}") from None
    _check_size(file, text)
    try:
        values = yaml.load(text, _Strict)  # a SafeLoader
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError) as error:
        raise SweepError(f"{file} is not YAML: {' '.join(str(error).split()):.200}") from None
    if not isinstance(values, dict):
        raise SweepError(f"{file}: expected `key: value` lines, got {_shown(values)}")
    known = Sweep.__dataclass_fields__
    for key in values:
        if key not in known:
            raise SweepError(f"{file}: unknown key {_unknown(key, known)}")
    if "dataset" not in values:
        raise SweepError(f"{file}: `dataset` is missing")
    try:
        return Sweep(**values)
    except SweepError as error:
        raise SweepError(f"{file}: {error}") from None


def _check_size(file: str | Path, text: str) -> None:
    """Refuse what the reader of YAML, whose time grows with the square of the depth, is lost in."""
    if len(text) > LARGEST:
        raise SweepError(f"{file} is longer than the {LARGEST:,} letters of any sweep")
    depth = itertools.accumulate((letter in "[{") - (letter in "]}") for letter in text)
    if max(depth, default=0) > DEEPEST:
        raise SweepError(f"{file} is not a sweep: it has lists more than {DEEPEST} deep")


class _Strict(yaml.SafeLoader):
    """Reads YAML, but takes no key twice: the first value would be lost without a word."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{_shown(key)} is given twice", node.start_mark
                )
        return super().construct_mapping(node, deep)


def _entry(where: str, entry: Any) -> dict[str, tuple[float, ...]]:
    if not isinstance(entry, Mapping) or not entry:
        raise SweepError(f"{where}: expected `regularizer: betas`, got {_shown(entry)}")
    found = {}
    for name, betas in entry.items():
        _choice(where, name, REGULARIZERS)
        place = f"{where}, {name}"
        found[name] = tuple(_number(place, beta) for beta in _several(place, betas))
        if min(found[name], default=0.0) <= 0:
            raise SweepError(f"{place}: expected betas above 0; without any, name `controls: none`")
    try:
        bottleneck(found)
    except ValueError as error:
        raise SweepError(f"{where}: {error}") from None
    return found


def _number(where: str, value: Any) -> float:
    # YAML 1.1 reads 1e-3, written without a point, as text
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise SweepError(f"{where}: {_shown(value)} is not a number")
    return number


def _several(where: str, value: Any) -> tuple:
    if value is None or isinstance(value, Mapping):
        raise SweepError(f"{where}: expected a value or a list, got {_shown(value)}")
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _list(where: str, value: Any) -> tuple:
    if not isinstance(value, list | tuple):
        raise SweepError(f"{where}: expected a list of `regularizer: betas`, got {_shown(value)}")
    return tuple(value)


def _choice(where: str, value: Any, known: Iterable[str]) -> None:
    if value not in list(known):
        raise SweepError(f"{where}: unknown {_unknown(value, known)}")


def _shown(value: Any) -> str:
    """Return the beginning of a value, which may name itself over and over, on one line."""
    return reprlib.repr(value)[:80]


def _unknown(value: Any, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(_shown(value).strip("'"), list(known), n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{_shown(value)}; {meant}known: {', '.join(known)}"
