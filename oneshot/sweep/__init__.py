"""Sweeps over regularizers: described by a grid, made on Dask, kept as records of the table."""

from oneshot.sweep.grid import Sweep, SweepError, families, read
from oneshot.sweep.making import main

__all__ = ["Sweep", "SweepError", "families", "main", "read"]
