"""All systems on one protocol: how they are scored, where the scores are kept, what follows."""

from oneshot.comparison.looking import exemplars, human_drawings, look
from oneshot.comparison.making import collect, trials, varied
from oneshot.comparison.rows import Comparison, Row, read
from oneshot.comparison.strengths import Strengths, kept, strengths

__all__ = [
    "Comparison",
    "Row",
    "Strengths",
    "collect",
    "exemplars",
    "human_drawings",
    "kept",
    "look",
    "read",
    "strengths",
    "trials",
    "varied",
]
