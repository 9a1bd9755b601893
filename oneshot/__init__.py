"""One-shot drawing: models, metrics and attribution behind a book of executable experiments."""

__version__ = "0.1.0"


def sketchpad():
    """Return a pad to draw on: its `exemplar` and `variations` are what was drawn, as tensors."""
    from oneshot.widgets.sketchpad import Sketchpad

    return Sketchpad()
