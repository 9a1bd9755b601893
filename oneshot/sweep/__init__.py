"""Sweeps over regularizers: described by a grid, made on Dask, kept as records of the table."""

from oneshot.sweep.cluster import main
from oneshot.sweep.grid import Sweep, SweepError, read

__all__ = ["Sweep", "SweepError", "main", "read"]
