"""The same statements by other means, on tables where it is known what each changes."""

from dataclasses import replace

import made_up
import numpy as np
import pytest

from oneshot.claims import sensitivity
from oneshot.claims.gathered import PAPERS
from oneshot.evaluations.record import HUMAN
from oneshot.evaluations.table import Table
from oneshot.metrics.paired import FAILS, HOLDS

WHERE = (["omniglot"], "laptop", "quickdraw", "laptop")


@pytest.fixture(scope="module")
def found():
    """Findings where the released critics see the GAN vary more than people, others alike."""
    rows = [row for row in made_up.framework() if row.system in (HUMAN, "cfgdm", "da-gan-un")]
    released = [replace(row, critics="released") for row in rows]
    other = made_up.row("da-gan-un", (0.6, 80.0), critics="released")
    released = [other if row.system == "da-gan-un" else row for row in released]
    told = sensitivity.findings(Table([*rows, *released]), *WHERE, agreed=lambda size: [])
    return {(one.part.paper, one.claim.statement): one for one in told}


def test_another_critic_may_turn_a_statement_round(found):
    one = found[PAPERS[0], "The human drawings are more varied than DA-GAN-UN."]
    assert one.claim.verdict == HOLDS and one.again["released critics"].verdict == FAILS
    same = found[PAPERS[1], "The human drawings are more varied than CFGDM."]
    assert "released critics" not in same.again  # what is the same is not shown again


def test_halves_share_out_the_concepts_and_the_axis_is_the_other_one(found):
    one = found[PAPERS[1], "The human drawings are more varied than CFGDM."]
    assert list(one.again) == ["other axis", "first half", "second half"]
    halves = [one.again[name] for name in ("first half", "second half")]
    assert sum(half.concepts for half in halves) == one.claim.concepts == made_up.CONCEPTS
    middle = np.mean([half.interval.value for half in halves])
    assert middle == pytest.approx(one.claim.interval.value, rel=0.01)
    assert one.again["other axis"].interval.value == pytest.approx(1.1 * 0.026)


def test_a_row_of_the_download_says_all_of_it(found):
    one = found[PAPERS[0], "The human drawings are more varied than DA-GAN-UN."]
    row = one.to_json()
    assert row["verdict"] == HOLDS and row["alone"] == HOLDS and row["seeds"] == 1
    assert row["low"] < row["value"] < row["high"] and row["p"] <= row["p_holm"]
    assert row["again"]["released critics"]["alone"] == FAILS


def test_turning_twice_or_halving_nothing_changes_nothing():
    row = made_up.row()
    assert sensitivity.turned(sensitivity.turned(row)) == row
    assert sensitivity.turned(row).diversity == row.originality
    kept = [sensitivity.halved(row, number).per_concept["scale"] for number in range(2)]
    assert [*kept[0], *kept[1]] == row.per_concept["scale"]
