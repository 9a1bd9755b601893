"""What *Diversity vs. Recognizability* (Boutin et al., NeurIPS 2022) says, tested.

GANs are recognizable and vary little, VAEs the reverse (fig. 3); the settings of a VAE trade one
for the other (fig. 4). Each function takes a `Table` of systems on one data set, with people.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from oneshot.claims.statement import more
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.table import Table
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import (
    DIVERSITY_PLANE,
    FAILS,
    HOLDS,
    UNDECIDED,
    Claim,
    resampled,
    verdict,
)

FAMILIES = (
    ("diversity_raw", HUMAN, "da-gan-un"),
    ("diversity_raw", HUMAN, "da-gan-rn"),
    ("diversity_raw", "vae-stn", HUMAN),
    ("diversity_raw", "vae-ns", HUMAN),
    ("recognizability", "da-gan-un", "vae-stn"),
    ("recognizability", "da-gan-rn", "vae-stn"),
    ("recognizability", "da-gan-un", "vae-ns"),
    ("recognizability", "da-gan-rn", "vae-ns"),
)
"""Which system has more of the score than which other: fig. 3, which plots diversity as it is."""

BLUR = 0.15
"""So much more of the ink is grey where lines are blurred; smooth edges alone give less."""


@dataclass(frozen=True)
class Failing:
    """How a system differs from people: in diversity, in recognizability, and in a few words.

    `blurred` says whether clearly more of its ink is grey than of people's: by `BLUR`, beyond both
    intervals.
    """

    system: str
    diversity: Interval
    recognizability: Interval
    words: str
    blurred: bool

    @property
    def said(self) -> str:
        """What the two differences mean, and whether the ink is blurred."""
        return self.words + "; its ink is blurred" * self.blurred


WAYS_TO_FAIL = {
    (FAILS, FAILS): "varies less than human drawings and is recognized less all the same",
    (FAILS, UNDECIDED): "copies: varies less than human drawings, and is recognized as well",
    (FAILS, HOLDS): "copies: varies less than human drawings, and is recognized better",
    (UNDECIDED, FAILS): "varies as human drawings do, but is recognized less",
    (UNDECIDED, UNDECIDED): "cannot be told from human drawings by these scores",
    (UNDECIDED, HOLDS): "varies as human drawings do, and is recognized better",
    (HOLDS, FAILS): "strays: varies more than human drawings, and is recognized less",
    (HOLDS, UNDECIDED): "varies more than human drawings, and is recognized as well",
    (HOLDS, HOLDS): "varies more than human drawings, and is recognized better",
}
"""What it means that a system has more (holds), less (fails) or about as much of each score."""


def families(table: Table, among: Table | None = None) -> list[Claim]:
    """Return whether GANs copy and VAEs stray, tested as far as there are records.

    What else is known of systems that do otherwise is looked for `among` others.
    """
    return [more(table, *pair, source="fig. 3", among=among) for pair in FAMILIES]


def failing(table: Table) -> list[Failing]:
    """Return how each system differs from people; empty without them."""
    told, people = [], table.human
    if people is None:
        return told
    for name, record in table.systems.items():
        varied, recognized = _differences(record, people)
        words = WAYS_TO_FAIL[verdict(varied), verdict(recognized)]
        grey, usual = record.grey, people.grey
        blurred = bool(grey and usual and grey.low > usual.high + BLUR)
        told.append(Failing(name, varied, recognized, words, blurred))
    return told


@dataclass(frozen=True)
class Direction:
    """What the most of a setting changes beside the least of it, and whether so it was published.

    `published` is None where no direction was, or diversity cannot be told to move. `peak` is the
    record in between that is recognized best and better than both, None where there is none: at
    95 % for all records in between together (Bonferroni), for the best of them was looked for.
    """

    least: Record
    most: Record
    diversity: Interval
    recognizability: Interval
    published: bool | None
    peak: Record | None


PUBLISHED: Mapping[tuple[str, str], bool] = {("vae-stn", "beta"): False, ("vae-ns", "beta"): False}
"""Whether more of a setting made a system more varied: fig. 4b."""


def direction(system: str, setting: str, records: Table) -> Direction:
    """Test what a setting changes; `records` differ in it alone, by rising value."""
    least, most = records[0], records[-1]
    varied, recognized = _differences(most, least)
    told, same = verdict(varied), None
    if (system, setting) in PUBLISHED and told != UNDECIDED:
        same = (told == HOLDS) == PUBLISHED[system, setting]
    return Direction(least, most, varied, recognized, same, _peak(records))


def _differences(one: Record, other: Record) -> list[Interval]:
    """Return how much more one record has of diversity and of recognizability, by concept."""
    gaps = (resampled(one, score) - resampled(other, score) for score in DIVERSITY_PLANE)
    return [intervals.interval_of(gap) for gap in gaps]


def _peak(records: Table) -> Record | None:
    least, *between, most = records
    if not between:
        return None
    best = max(between, key=lambda record: record.recognizability.value)
    gains = (
        resampled(best, "recognizability") - resampled(end, "recognizability")
        for end in (least, most)
    )
    above = [intervals.interval_of(gain, 1 - 0.05 / len(between)) for gain in gains]
    return best if all(verdict(interval) == HOLDS for interval in above) else None
