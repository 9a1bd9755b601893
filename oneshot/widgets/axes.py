"""The axes of the planes that widgets draw."""

from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator


def axis(values: np.ndarray, label: str) -> dict[str, Any]:
    """Return the bounds and ticks of an axis that holds all values; percents stay percents."""
    steps = [1, 2, 2.5, 5, 10]
    ticks = np.asarray(MaxNLocator(5, steps=steps).tick_values(values.min(), values.max()))
    if "%" in label:
        ticks = ticks[(ticks >= 0) & (ticks <= 100)]
    low, high = min(ticks[0], values.min()), max(ticks[-1], values.max())
    ticks = np.round(ticks, 6).tolist()
    return {"label": label, "low": float(low), "high": float(high), "ticks": ticks}
