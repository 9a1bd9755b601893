"""The same statements by other means, on tables where it is known what each changes."""

from dataclasses import replace

import made_up
import pytest

from oneshot.claims import sensitivity
from oneshot.claims.gathered import PAPERS
from oneshot.cli import CRITICS
from oneshot.evaluations.record import HUMAN
from oneshot.evaluations.table import Table
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED
from oneshot.recipes import presets
from oneshot.widgets import board

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


def test_every_way_to_judge_is_a_means_with_a_letter_of_its_own():
    rows = [made_up.row(), made_up.row("cfgdm", (0.3, 90.0))]
    judged = [replace(row, critics=name) for name in sensitivity.JUDGED for row in rows]
    found = sensitivity.means(Table([*rows, *judged]), lambda size: [])
    assert list(found) == [*sensitivity.JUDGED.values(), "other axis"] == list(board.LETTERS)
    assert len(set(board.LETTERS.values())) == len(board.LETTERS)
    assert {*sensitivity.JUDGED, "own"} == {*presets.CRITICS} == {*CRITICS}
    assert all([one.critics for one in few] == ["own", "own"] for few, _ in [*found.values()][:-1])


def test_the_axis_is_the_other_one(found):
    one = found[PAPERS[1], "The human drawings are more varied than CFGDM."]
    assert list(one.again) == ["other axis"]
    assert one.again["other axis"].interval.value == pytest.approx(1.1 * 0.026)


def test_what_is_clear_stays_so_on_fewer_concepts_and_what_is_close_does_not(found):
    counts = [one.fewer for one in found.values()]
    assert all(list(fewer) == list(sensitivity.SHARES) for fewer in counts)
    assert {sum(n.values()) for fewer in counts for n in fewer.values()} == {sensitivity.DRAWS}
    clear = found[PAPERS[0], "The human drawings are more varied than DA-GAN-UN."]
    assert {tuple(told) for told in clear.fewer.values()} == {(HOLDS,)}
    close = near(0.02)
    assert close.claim.verdict == HOLDS and UNDECIDED in close.fewer["a quarter"]


def test_what_is_not_tested_by_concept_says_nothing_of_fewer():
    """Blurred ink and probes are read from what is known of all concepts together."""
    people = made_up.row(HUMAN, (0.386, 97.0))
    latent = {"dataset": "quickdraw", "size": "draft", "validation": {"originality": 0.4}}
    runs = [
        made_up.row(
            "ldm",
            (0.3, 80.0 + beta),
            settings={"regularizer": "barlow", "beta": float(beta)},
            probes={"one_shot": Interval(20 + beta, 0, 100)},
            **latent,
        )
        for beta in range(1, 10)
    ]
    table = Table([people, made_up.row("cfgdm", (0.2, 90.0)), *runs])
    told = {one.claim.statement: one for one in sensitivity.findings(table, *WHERE)}
    ink = [one for said, one in told.items() if "more than blurred ink does" in said]
    probed = told["The better the one-shot probe of the latents, the higher the recognizability."]
    assert ink and probed.claim.verdict == HOLDS
    assert not any(one.fewer for one in (probed, *ink))
    assert told["The human drawings are more varied than CFGDM."].fewer
    assert any(one.fewer for said, one in told.items() if said.startswith("People's maps"))


def near(gap):
    """Return whether CFGDM varies less than people by so little that few concepts do not tell."""
    people = made_up.row(HUMAN, (0.386, 97.0))
    rows = [people, made_up.row("cfgdm", (0.386 - gap, 96.0)), made_up.row("ddpm", (0.45, 90.0))]
    told = sensitivity.findings(Table(rows), *WHERE, agreed=lambda size: [])
    statement = "The human drawings are more varied than CFGDM."
    return next(one for one in told if one.claim.statement == statement)


def test_concepts_are_drawn_alike_for_all_and_a_larger_share_holds_the_smaller():
    one, other = made_up.row(), made_up.row("ddpm", (0.4, 90.0))
    kept = {share: sensitivity.sampled(one, share, 0) for share in (0.25, 0.75)}
    few, more = (row.per_concept["recognizability"] for row in kept.values())
    assert len(few) == made_up.CONCEPTS // 4 and set(few) < set(more)
    places = [one.per_concept["recognizability"].index(value) for value in few]
    same = sensitivity.sampled(other, 0.25, 0).per_concept["distance"]
    assert same == [other.per_concept["distance"][k] for k in places]
    assert few != sensitivity.sampled(one, 0.25, 1).per_concept["recognizability"]


def test_a_row_of_the_download_says_all_of_it(found):
    one = found[PAPERS[0], "The human drawings are more varied than DA-GAN-UN."]
    row = one.to_json()
    assert row["verdict"] == HOLDS and row["alone"] == HOLDS and row["seeds"] == 1
    assert row["low"] < row["value"] < row["high"] and row["p"] <= row["p_holm"]
    assert row["again"]["released critics"]["alone"] == FAILS
    assert row["fewer"]["half"] == {HOLDS: sensitivity.DRAWS}


def test_turning_twice_changes_nothing():
    row = made_up.row()
    assert sensitivity.turned(sensitivity.turned(row)) == row
    assert sensitivity.turned(row).diversity == row.originality
