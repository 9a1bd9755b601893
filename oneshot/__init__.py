"""One-shot drawing: models, metrics and attribution behind a book of executable experiments."""

__version__ = "0.1.0"
