"""The rows of the board, and what is downloaded beside it, are the findings."""

import base64
import csv
import io
import json
import re
from dataclasses import replace

import made_up
import pytest

from oneshot.claims import sensitivity
from oneshot.evaluations.table import Table
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED
from oneshot.widgets import board, words

KINDS = {HOLDS: "0", FAILS: "1", UNDECIDED: "2"}


@pytest.fixture(scope="module")
def findings():
    rows = [row for row in made_up.framework() if row.system != "cfgdm"]
    near = made_up.row("cfgdm", (0.392, 96.7))
    where = (["omniglot"], "laptop", "quickdraw", "laptop")
    return sensitivity.findings(Table([*rows, near]), *where, agreed=lambda size: [])


def test_the_rows_of_the_board_are_the_findings(findings):
    html = board.board(findings).data
    rows = re.findall(r"<li (.*?)</li>", html, re.S)
    assert len(rows) == len(findings) > 15
    papers = list(dict.fromkeys(one.part.paper for one in findings))
    for row, one in zip(rows, findings, strict=True):
        told = one.verdict.verdict
        assert f'data-verdict="{KINDS[told]}"' in row
        assert f'data-paper="{papers.index(one.part.paper)}"' in row
        assert f" {told}</span>" in row and f"{one.claim.statement} " in row
        assert one.claim.evidence in row and row.count('class="sign ') == len(one.again)
    assert {one.verdict.verdict for one in findings} >= {HOLDS, UNDECIDED}


def test_a_row_of_means_counts_what_is_the_same_and_what_turns_round(findings):
    def again(*verdicts):
        both = zip(some, verdicts, strict=True)
        claims = [(one, replace(one.claim, verdict=told)) for one, told in both]
        return [replace(one, again={"half of the drawings": claim}) for one, claim in claims]

    some = [one for one in findings if one.claim.verdict == HOLDS][:4]
    table = board.by_means(again(HOLDS, UNDECIDED, FAILS, HOLDS))
    assert re.findall(r"<t[hd]>(.*?)</t[hd]>", table.data)[5:] == [
        *("half of the drawings", "4", "2", "1", "1")
    ]
    assert table.rows[0]["turned round"] == "1"
    assert "nothing to show" in board.by_means([]).data


def test_what_is_downloaded_is_what_is_shown(findings):
    html = board.board(findings).data
    links = re.findall(r'download="(.*?)" href="data:.*?;base64,(.*?)"', html)
    files = {name: base64.b64decode(data).decode() for name, data in links}
    rows = json.loads(files["findings.json"])
    assert rows == [one.to_json() for one in findings]
    lines = list(csv.DictReader(io.StringIO(files["findings.csv"])))
    assert [line["statement"] for line in lines] == [row["statement"] for row in rows]
    assert [line["verdict"] for line in lines] == [one.verdict.verdict for one in findings]
    assert lines[0]["half of the concepts"] == f"{HOLDS} {rows[0]['fewer']['half'][HOLDS]}"


def test_bars_say_how_often_which_verdict_came_of_fewer_concepts(findings):
    bars = board._bars({"half": {HOLDS: 3, FAILS: 2}, "three quarters": {UNDECIDED: 5}})
    told = re.findall(r'class="(\w+)" x="(\d+)" y="([\d.]+)" width="7" height="([\d.]+)"', bars)
    half = [("holds", "0", "5.6", "8.4"), ("fails", "0", "0.0", "5.6")]
    assert told == [*half, ("undecided", "8", "0.0", "14.0")]
    assert "half of the concepts: holds 3, does not hold 2; three quarters of" in bars
    html = board.board(findings).data
    assert html.count('class="few"') == len(findings) and "drawn 5 times" in html


def test_four_sentences_a_paper_count_what_the_rows_say(findings):
    text = words.papers(findings).data
    lines = text.split("\n\n")
    assert len(lines) == len({one.part.paper for one in findings})
    mine = [one for one in findings if one.part.paper == findings[0].part.paper]
    held = sum(one.verdict.verdict == HOLDS for one in mine)
    assert (
        f"Of {len(mine)} statements tested on Omniglot, with one seed a model, {held} hold" in text
    )
    assert lines[0].count(". ") == 3 + 1  # one of them in the name of the paper
    assert "Nothing has been tested" in words.papers([]).data


def test_what_the_correction_changed_is_said(findings):
    text = words.corrections(findings).data
    assert text.count("\n- ") + 1 == max(1, sum(one.verdict.changed for one in findings))
