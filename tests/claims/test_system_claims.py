"""What the papers say of systems, tested: holds, fails, or undecided, with notes that say why."""

from dataclasses import replace

import made_up
import numpy as np
import pytest
from scipy.stats import norm

from oneshot import systems
from oneshot.claims import diffusion_artists as claims
from oneshot.claims import diversity_recognizability as older
from oneshot.claims import statement, this_book
from oneshot.claims.gathered import gather
from oneshot.evaluations import published
from oneshot.evaluations.record import HUMAN
from oneshot.evaluations.table import Table
from oneshot.metrics import paired
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, UNTESTED
from oneshot.widgets import tables

PEOPLE = made_up.POINTS[HUMAN]


def comparison(*rows):
    return Table(rows)


@pytest.fixture(scope="module")
def found():
    return comparison(*made_up.framework())


def test_published_points_hold_to_their_own_orderings(found):
    told = claims.orderings(found)
    assert {item.verdict for item in told} == {HOLDS}
    assert not any(item.note for item in told)
    said = [item.statement for item in told]
    assert said[2] == "The human drawings are more varied than CFGDM."
    assert "VAE-NS is more varied than DDPM." in said
    quickdraw = claims.orderings(Table(replace(one, dataset="quickdraw") for one in found))
    assert len(quickdraw) == len(told) - 1
    assert told[2].interval.value == pytest.approx(0.390 - 0.364)


def told_with(found, *changed):
    """The orderings where some rows are others, by statement."""
    names = [row.system for row in changed]
    rows = [row for row in found if row.system not in names]
    told = claims.orderings(comparison(*rows, *changed))
    return {item.statement: item for item in told}


def test_what_does_not_hold_has_a_note_of_facts(found):
    gan = made_up.row("da-gan-un", (0.5, 80.0), settings={"as_released": 0.0})
    told = told_with(found, gan)
    failed = told["CFGDM is more varied than DA-GAN-UN."]
    assert failed.verdict == FAILS and failed.note.endswith(statement.REVERSED)
    reverse = replace(gan, settings={"as_released": 1.0})
    assert (
        statement.REVERSED
        not in told_with(found, reverse)["CFGDM is more varied than DA-GAN-UN."].note
    )
    weak = made_up.row("ddpm", (0.3, 50.0))
    note = told_with(found, weak)["DDPM is more recognizable than VAE-NS."].note
    assert note == (
        "DDPM has 4.2 M parameters and 0.97 h of training; VAE-NS has 4.2 M parameters and 0.97 h "
        "of training"
    )


def test_what_is_undecided_says_how_many_concepts_would_tell(found):
    near = made_up.row("cfgdm", (0.392, 96.7))
    undecided = told_with(found, near)["The human drawings are more varied than CFGDM."]
    assert undecided.verdict == UNDECIDED
    told = statement.power(undecided)
    count = int(told.split(" about ")[1].split()[0].replace(",", ""))
    # as often as four times in five, where as many as there are would be half of the time
    needed = 24 * ((1.959964 + 0.841621) / norm.isf(undecided.p / 2)) ** 2
    assert needed <= count < 1.1 * needed + 1
    assert told.endswith("concepts to tell instead of 24")
    assert told in tables.verdicts([undecided]).data and undecided.note == ""
    assert statement.needed(replace(undecided, p=1.0)) is None
    assert statement.needed(replace(undecided, p=0.9)) is None


def test_a_better_setting_with_less_training_is_named(found):
    strong = made_up.row(
        "vae-stn",
        (0.6, 88.0),
        settings={"beta": 4.0},
        changed=("settings.beta",),
        training={"seconds": 360.0},
    )
    note = told_with(found, made_up.row("vae-ns", (0.56, 70.0)), found.systems["vae-stn"], strong)[
        "VAE-NS is more recognizable than VAE-STN."
    ].note
    assert note.endswith(
        "with beta 4 VAE-STN comes to diversity 0.60 and recognizability 88.0 % after 0.1 h: its "
        "setting matters as much as its training"
    )
    longer = replace(strong, training={"seconds": 36_000.0})
    note = told_with(found, made_up.row("vae-ns", (0.56, 70.0)), found.systems["vae-stn"], longer)[
        "VAE-NS is more recognizable than VAE-STN."
    ].note
    assert "beta" not in note
    draft = replace(strong, size="draft")  # of another edition, perhaps
    assert (
        "beta"
        not in told_with(
            found, made_up.row("vae-ns", (0.56, 70.0)), found.systems["vae-stn"], draft
        )["VAE-NS is more recognizable than VAE-STN."].note
    )


def settings(*recognizable):
    """VAE-STN at rising betas, so recognizable."""
    return [
        made_up.row(
            "vae-stn",
            (0.6, value),
            settings={"beta": 2.0 + beta},
            changed=("settings.beta",),
            recipes={"scores": str(beta)},
        )
        for beta, value in enumerate(recognizable)
    ]


def test_the_best_of_many_settings_has_more_to_show_than_one_alone():
    own = made_up.row("vae-stn", (0.6, 70.0))
    (one,) = settings(72.3)
    assert statement._other_setting(comparison(own, one), own).startswith("with beta 2 VAE-STN")
    many = settings(72.3, *np.linspace(60, 65, 30))
    assert statement._other_setting(comparison(own, *many), own) == ""
    sure = settings(80.0, *np.linspace(60, 65, 30))
    assert statement._other_setting(comparison(own, *sure), own)


def test_a_peak_between_many_settings_has_more_to_show_than_one_alone():
    def peak(*between):
        rows = settings(70.0, *between, 69.0)
        return rows, older.direction("vae-stn", "beta", comparison(*rows)).peak

    rows, found = peak(72.2)
    assert found == rows[1]
    assert peak(72.2, *np.linspace(60, 65, 30))[1] is None
    rows, found = peak(*np.linspace(60, 65, 30), 80.0)
    assert found == rows[-2]
    assert peak()[1] is None and peak(69.5)[1] is None


def test_guidance_is_that_of_the_systems_own_settings():
    rows = [row for row in made_up.guidance() if row.system in (HUMAN, "ldm")]
    other = {"settings": {"regularizer": "none"}, "recipes": {"scores": "other"}}
    more = [
        made_up.row("ldm", (0.9, 20.0), guidance=strength, changed=changed, **other)
        for strength, changed in ((0.0, ("guidance", "settings.regularizer")),
                                  (1.0, ("settings.regularizer",)))
    ]  # fmt: skip
    where = ["omniglot"], "laptop", "quickdraw", "laptop", "ldm"
    told, again = (
        [part for part in gather(comparison(*some), *where) if part.about == "Guidance"]
        for some in (rows, [*rows, *more])
    )
    assert told == again and told[0].claims


def test_fsdm_that_is_guided_is_so_noted_whatever_the_verdict(found):
    said = "FSDM is more recognizable than DDPM."
    strong, weak = (0.487, 94.8), (0.487, 60.0)
    for point, verdict in ((strong, HOLDS), (weak, FAILS)):
        plain, guided = (
            statement.more(
                comparison(found.systems["ddpm"], made_up.row("fsdm", point, guidance=gamma)),
                "recognizability",
                "fsdm",
                "ddpm",
                "a figure",
            )
            for gamma in (0.0, 4.0)
        )
        assert (plain.statement, plain.verdict, guided.verdict) == (said, verdict, verdict)
        assert statement.GUIDED not in plain.note and guided.note.endswith(statement.GUIDED)


def test_less_than_half_of_what_was_published_is_not_reproduced(found):
    row = made_up.row("fsdm", (0.8, 24.0))
    assert statement.not_reproduced(row) == (
        "FSDM is not reproduced: 24.0 % recognizable where 94.8 % was published"
    )
    assert statement.not_reproduced(made_up.row("fsdm", (0.8, 47.4))) == ""
    assert statement.not_reproduced(found.systems["ldm"]) == ""


def test_statements_are_compared_where_both_were_tested(found):
    told = claims.orderings(found)
    few = comparison(*(row for row in found if row.system in (HUMAN, "cfgdm", "ddpm")))
    pairs = statement.both(told, claims.orderings(few))
    assert [one.statement for one, _ in pairs] == [
        "The human drawings are more varied than CFGDM.",
        "DDPM is more varied than the human drawings.",
        "CFGDM is more recognizable than DDPM.",
        "Of the published systems, CFGDM is nearest to the human drawings.",
    ]
    assert all(one.statement == two.statement for one, two in pairs)


def test_what_was_published_is_no_claim_about_latent_diffusion(found):
    human = made_up.row("ldm", PEOPLE)
    rows = [row for row in found if row.system != "ldm"]
    near = {i.statement: i for i in claims.orderings(comparison(*rows, human))}
    said = near["Of the published systems, CFGDM is nearest to the human drawings."]
    assert said.verdict == HOLDS and "LDM" not in said.evidence
    rival = made_up.row("fsdm", PEOPLE)
    rows = [row for row in found if row.system != "fsdm"]
    told = claims.orderings(comparison(*rows, rival))[-1]
    assert told.verdict != HOLDS and "FSDM" in told.evidence


def test_what_is_absent_is_not_tested():
    told = claims.orderings(comparison(made_up.row(HUMAN, (0.4, 97))))
    assert {item.verdict for item in told} == {UNTESTED}
    assert told[0].evidence == "no scores of CFGDM and DA-GAN-UN"
    assert told[2].evidence == "no scores of CFGDM"


def test_the_plane_is_resampled_by_concept():
    row = made_up.row()
    raw, scale = (np.array(row.per_concept[name]) for name in ("raw_diversity", "scale"))
    values = paired.resampled(row, "diversity")
    assert values[0] == pytest.approx(raw.mean() / scale.mean())
    assert values.shape == (2001,) and np.quantile(values[1:], 0.025) == pytest.approx(
        row.diversity.low
    )
    with pytest.raises(ValueError, match="no 'beauty' by concept"):
        paired.resampled(row, "beauty")
    with pytest.raises(ValueError, match="'density' is not known of this one"):
        paired.resampled(row, "density")


@pytest.mark.parametrize(
    ("point", "verdict"), [((0.4, 90.0), HOLDS), ((0.4, 82.0), FAILS), ((0.4, 87.0), UNDECIDED)]
)
def test_a_way_is_as_good_when_all_of_the_interval_is_within_the_tolerance(point, verdict):
    best = made_up.row("cfgdm", (0.4, 90.0), originality=0.5, sampler="ddpm", sampler_steps=500)
    row = made_up.row("cfgdm", point, originality=0.5, sampler="ddim", sampler_steps=10)
    claim = this_book.as_good(row, best)
    assert claim.verdict == verdict
    assert claim.statement == "DDIM in 10 steps scores as ancestral in 500 steps does."


def test_ways_to_fail_are_told_from_both_scores():
    blurred = made_up.row("vae-stn", (0.64, 75.0))
    blurred = replace(blurred, grey=replace(blurred.grey, low=0.5, high=0.6))
    rows = made_up.row(HUMAN, (0.39, 97.6)), blurred, made_up.row("da-gan-un", (0.1, 98.9))
    strays, copies = older.failing(comparison(*rows))
    assert strays.words.startswith("strays: varies more than human drawings")
    assert strays.blurred and not copies.blurred
    soft = replace(blurred, grey=replace(blurred.grey, low=0.46, high=0.5))
    assert not older.failing(comparison(rows[0], soft))[0].blurred
    assert copies.words.startswith("copies: varies less than human drawings")
    assert strays.recognizability.value == pytest.approx(75.0 - 97.6)
    assert len(older.WAYS_TO_FAIL) == len(set(older.WAYS_TO_FAIL.values())) == 9


def test_curves_compare_originality():
    rows = [
        made_up.row(name, (0.4, right), originality=far)
        for name, far, right in (
            (HUMAN, 0.61, 97.5),
            ("cfgdm", 0.52, 97.0),
            ("ddpm", 0.71, 87.5),
            ("fsdm", 0.52, 95.6),
        )
    ]
    told = claims.curves(comparison(*rows))
    assert [item.verdict for item in told] == [HOLDS] * 6


def test_published_points_name_known_systems_and_are_ordered():
    for dataset, points in published.POINTS.items():
        assert set(points) <= {HUMAN, *systems.SYSTEMS}, dataset
        assert published.point(dataset, "human")["recognizability"] > 97
    assert published.point("glyphs", "human") is None
    for bins in published.BINS["quickdraw"].values():
        far, right = np.array(bins).T
        assert len(bins) == 10 and (np.diff(far) > 0).all() and (np.diff(right) < 0).all()
    means = np.array(published.BINS["quickdraw"]["human"]).mean(0)
    assert means == pytest.approx([0.610, 97.5], abs=0.06)
    ends = [end for strength, (_, end) in published.GUIDANCE["quickdraw"].items() if strength]
    assert (np.diff([o for o, _ in ends]) < 0).all() and (np.diff([r for _, r in ends]) > 0).all()


def with_more(row, precision, recall=0.5, second=90.0):
    """A row that has the scores of `metrics.beyond` that are seen together, too."""
    noise = 0.02 * np.random.default_rng(len(row.system)).normal(0, 1, made_up.CONCEPTS)
    noise -= noise.mean()
    more = {"precision": precision, "recall": recall, "second": second}
    by_concept = {name: (value * (1 + noise)).tolist() for name, value in more.items()}
    recipes = row.recipes | {"beyond": f"{row.system} {row.seed} beyond"}
    return replace(row, per_concept=row.per_concept | by_concept, recipes=recipes)


def test_who_is_near_people_by_one_plane_alone_is_not_nearest_by_all():
    people = with_more(made_up.row(HUMAN, PEOPLE), 0.7)
    bent = with_more(made_up.row("warp", PEOPLE, settings={"amplitude": 0.1}), 0.3)
    learned = with_more(made_up.row("vae-elastic", (PEOPLE[0], PEOPLE[1] - 3)), 0.65)
    half = with_more(made_up.row("human-half", PEOPLE), 0.7)
    plain = made_up.row("cfgdm", PEOPLE)
    found = comparison(people, bent, learned, half, plain)
    (told,) = this_book.nearest_by_all(found, found)
    assert (told.verdict, told.seeds) == (HOLDS, 1)
    assert told.statement.startswith("VAE-Elastic is nearer to people than whatever else is scored")
    assert "warp farther by +0.49" in told.evidence and told.evidence.endswith("; beside warp")
    (other,) = this_book.nearest_by_all(found, found, "warp")
    assert other.verdict == FAILS
    again = replace(learned, seed=1)
    (twice,) = this_book.nearest_by_all(found, comparison(*found, again))
    assert twice.seeds == 2
    ldm = with_more(made_up.row("ldm", PEOPLE, settings={"regularizer": "none"}), 0.3)
    both = {"regularizer": "barlow+prototype", "beta": 30.0, "beta_barlow": 30.0}
    combined = replace(with_more(ldm, 0.69), settings=both, changed=("settings.regularizer",))
    (third,) = this_book.nearest_by_all(comparison(*found, ldm), comparison(*found, ldm, combined))
    assert third.evidence.endswith("LDM (barlow 30 + prototype 30)") and third.verdict == FAILS
    assert third.statement == told.statement
    assert this_book.nearest_by_all(comparison(people, learned, plain), found) == []
    assert this_book.nearest_by_all(comparison(people, bent, plain), found) == []
    assert (
        this_book.nearest_by_all(comparison(made_up.row(HUMAN, PEOPLE), bent, learned), found) == []
    )
