"""Clicks to maps, and the consistency of participants who are known to be noisy."""

import json

import numpy as np
import pytest
from scipy import ndimage

from oneshot.attribution import human
from oneshot.drawings.errors import DataError


def write(path, games, **told):
    path.write_text(json.dumps({"side": 48, "games": games} | told))
    return path


def test_clicks_become_a_blurred_map_at_their_place(tmp_path):
    file = write(tmp_path / "p1.json", [{"exemplar": "door", "clicks": [[30, 10], [30.9, 10.2]]}])
    (page,) = human.read(file, sigma=1.5)["door"]
    expected = np.zeros((48, 48))
    expected[10, 30] = 1
    np.testing.assert_allclose(page, ndimage.gaussian_filter(expected, 1.5), atol=1e-12)


def test_a_page_of_another_size_is_scaled(tmp_path):
    file = write(tmp_path / "p.json", [{"exemplar": "a", "clicks": [[95, 1]]}], side=96)
    (page,) = human.read(file, side=24, sigma=0)["a"]
    assert np.argwhere(page).tolist() == [[0, 23]]
    rows = np.kron(np.arange(16).reshape(4, 4), np.ones((2, 2))).tolist()
    file = write(tmp_path / "q.json", [{"exemplar": "a", "map": rows}])
    (page,) = human.read(file, side=8)["a"]
    np.testing.assert_allclose(page, np.array(rows) / np.sum(rows))


def test_a_folder_is_all_participants_with_equal_say(tmp_path):
    write(tmp_path / "1.json", [{"exemplar": "a", "clicks": [[1, 1]] * 5}])
    write(tmp_path / "2.json", [{"exemplar": "a", "clicks": [[3, 3]]}], participant="two")
    write(tmp_path / "3.json", [{"exemplar": "a", "clicks": [[5, 5]]}], participant="two")
    write(
        tmp_path / "4.json",
        [{"exemplar": "b", "clicks": [[0, 0]]}, {"exemplar": "c", "clicks": []}],
    )
    people = human.read(tmp_path, sigma=0)
    assert {name: len(pages) for name, pages in people.items()} == {"a": 2, "b": 1}
    mean = people["a"].mean(0)
    assert (mean[1, 1], mean[3, 3], mean[5, 5]) == (0.5, 0.25, 0.25)


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        '{"games": [{"exemplar": "a", "clicks": [[1, 2]]}]}',
        '{"side": 48, "games": [{"clicks": [[1, 2]]}]}',
        '{"side": 48, "games": [{"exemplar": "a", "clicks": [[1, 48]]}]}',
        '{"side": 48, "games": [{"exemplar": "a", "clicks": [[1]]}]}',
        '{"side": 48, "games": [{"exemplar": "a", "map": [1, 2]}]}',
        '{"side": 48, "games": [{"exemplar": "a", "map": [[-1, 2]]}]}',
    ],
)
def test_files_of_something_else_are_named_and_refused(tmp_path, content):
    (tmp_path / "odd.json").write_text(content)
    with pytest.raises(DataError, match=r"odd\.json is not a file of clicks or maps"):
        human.read(tmp_path)


def test_missing_files_are_said_to_be_missing(tmp_path):
    with pytest.raises(DataError, match=r"holds no \.json"):
        human.read(tmp_path)
    with pytest.raises(DataError, match="no file"):
        human.read(tmp_path / "none.json")


def noisy(participants: int, noise: float, concepts: int = 6) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    truth = random.normal(size=(concepts, 1, 40, 40))
    pages = truth + noise * random.normal(size=(concepts, participants, 40, 40))
    return {str(number): page for number, page in enumerate(pages)}


def test_halves_of_noisy_people_agree_as_theory_says():
    # Halves of 5: signal 1, noise 4 / 5, so r = 1 / 1.8; the rank correlation of a Gaussian pair
    # with correlation r is 6 / pi * asin(r / 2).
    found = human.consistency(noisy(10, 2.0), splits=20)
    assert found.halves.value == pytest.approx(6 / np.pi * np.arcsin(1 / 3.6), abs=0.02)
    whole = 1 / (1 + 4 / 10)
    assert found.ceiling.value == pytest.approx(np.sqrt(whole), abs=0.02)
    assert found.halves.low < found.halves.value < found.halves.high


def test_the_ceiling_is_what_the_true_map_reaches():
    people = noisy(10, 2.0)
    truth = noisy(1, 0.0)
    reached = [
        human.spearman(truth[name], pages.mean(0)[None])[0] for name, pages in people.items()
    ]
    assert human.consistency(people, splits=20).ceiling.value == pytest.approx(
        np.mean(reached), abs=0.02
    )


def test_people_who_agree_are_consistent_and_strangers_are_not():
    assert human.consistency(noisy(4, 0.0), splits=3).ceiling.value == pytest.approx(1)
    random = np.random.default_rng(1)
    strangers = {str(k): random.random((7, 20, 20)) for k in range(8)}
    assert abs(human.consistency(strangers, splits=10).halves.value) < 0.05


def test_one_participant_has_no_consistency():
    with pytest.raises(ValueError, match="b has one participant"):
        human.consistency({"a": np.ones((2, 3, 3)), "b": np.ones((1, 3, 3))})
