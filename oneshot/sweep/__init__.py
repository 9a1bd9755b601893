"""Sweeps over regularizers: described by a grid, made on Dask, kept as rows of results."""

from oneshot.sweep.dividing import Division, divisions
from oneshot.sweep.grid import Sweep, SweepError, families, read
from oneshot.sweep.looking import best, concepts, look, made, networks
from oneshot.sweep.making import main
from oneshot.sweep.runs import Run, missing

__all__ = [
    "Division",
    "Run",
    "Sweep",
    "SweepError",
    "best",
    "concepts",
    "divisions",
    "families",
    "look",
    "made",
    "main",
    "missing",
    "networks",
    "read",
]
