"""What tests of pages have in common: made-up tables, and no drawings at hand."""

from dataclasses import replace

import made_up
import pytest
import regularized

from oneshot.evaluations import at_hand, samples
from oneshot.evaluations import table as evaluations
from oneshot.evaluations.record import HUMAN


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    """Systems at their published points, with drawings."""
    return made_up.table(tmp_path_factory.mktemp("framework"), made_up.framework())


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Regularized systems on curves of their own, with drawings."""
    return regularized.table(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    """A folder with a table of all that pages show, on Omniglot, glyphs and Quick, Draw!."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        # Made-up systems draw otherwise than those of today, and say so themselves.
        patch.setattr(evaluations, "_beside", lambda _, record: record)
        for kind in ("spread", "guidance", "speed"):
            make = {
                "spread": made_up.framework,
                "guidance": made_up.guidance,
                "speed": made_up.speed,
            }
            rows = make[kind]()
            made_up.table(folder, rows, kind)
            made_up.table(folder, [replace(row, dataset="quickdraw") for row in rows], kind)
        judged = [
            replace(
                row, critics="released", recipes=row.recipes | {"scores": f"{row.slug} released"}
            )
            for row in made_up.framework()
        ]
        evaluations.add(judged, folder / evaluations.NAME)
        for size in ("draft", "laptop"):
            for dataset in ("glyphs", "quickdraw"):
                place = {"dataset": dataset, "size": size}
                made = regularized.table(folder / "sweep", **place)
                for one in made:
                    drawn = made.drawings(one, "sheet")
                    people = one.system == HUMAN
                    one = replace(one, size="laptop") if people else one
                    if drawn:
                        one = samples.keep(folder, one, "sheet", drawn)
                    evaluations.add([one], folder / evaluations.NAME)
    return folder


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch):
    """Let no page find human drawings on this machine."""
    monkeypatch.setattr(at_hand, "concepts", lambda *_: None)
