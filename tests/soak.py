"""What the long tests tried, as a table: a plugin of pytest that `make soak` uses.

A test marked `soak` says what it did by `record_property("inputs", n)`, `("faults", n)` and, where
one test tries many things, `("failures", n)`. A test that was not run this time keeps the row of
its last run, whose commit the row names.
"""

import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

HEAD = ("test", "inputs tried", "faults injected", "failures", "seconds", "commit")
BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"


def pytest_addoption(parser):
    parser.addoption("--soak-table", type=Path, help="Markdown file that the table is put into")


def pytest_terminal_summary(terminalreporter):
    found = rows(r for reports in terminalreporter.stats.values() for r in reports)
    if not found:
        return
    found = {name: (*counts, _commit()) for name, *counts in found}
    file = terminalreporter.config.getoption("--soak-table")
    if file:
        found = kept(file) | found
        put(file, table(found), f"{datetime.now(UTC):%d %B %Y}")
    terminalreporter.section("soak")
    for line in [*table(found), *([f"the table is in {file}"] if file else [])]:
        terminalreporter.write_line(line)


def rows(reports) -> list[tuple]:
    """Return a row of the table for each test among the reports that is marked `soak`."""
    found: dict[str, Counter] = {}
    for report in reports:
        # tests that were left out are listed as items, not as reports
        if "soak" not in getattr(report, "keywords", ()) or not hasattr(report, "when"):
            continue
        counted = Counter({name: n for name, n in report.user_properties if name in KINDS})
        if report.failed and not counted["failures"]:
            counted["failures"] = 1
        name, _, case = report.location[2].removesuffix("]").partition("[")
        name = name.removeprefix("test_").replace("_", " ") + (case and f": {case}")
        # Each phase of a test reports all that is known until then.
        counted = counted if report.when == "call" or report.failed else Counter()
        found.setdefault(name, Counter()).update(counted + Counter(seconds=report.duration))
    return [(name, *(c[k] for k in KINDS), round(c["seconds"])) for name, c in found.items()]


KINDS = ("inputs", "faults", "failures")


def table(found: dict[str, tuple]) -> list[str]:
    """Return the lines of a Markdown table of rows (counts and a commit) and of their sum."""
    sums = [sum(column) for column in list(zip(*found.values(), strict=True))[:-1]]
    written = [(name, *map(_told, row)) for name, row in sorted(found.items())]
    lines = [" | ".join(row) for row in (HEAD, *written, ("all", *map(_told, sums), ""))]
    lines = [f"| {line} |" for line in lines]
    return [lines[0], f"|---|{'---:|' * (len(HEAD) - 1)}", *lines[1:]]


def _told(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def kept(file: Path) -> dict[str, tuple]:
    """Return the rows of the table in a file."""
    _, inside, _ = _parts(file)
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in inside.splitlines()]
    rows = [row for row in cells if len(row) == len(HEAD) and row[0] not in (HEAD[0], "---", "all")]
    return {
        name: (*(int(n.replace(",", "")) for n in counts), commit) for name, *counts, commit in rows
    }


def put(file: Path, lines: list[str], when: str) -> None:
    """Put the table between its two marks in a file; raise ValueError when they are not there."""
    before, _, after = _parts(file)
    text = "\n".join([f"Last run: {when}.", "", *lines])
    file.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _parts(file: Path) -> tuple[str, str, str]:
    before, begin, rest = file.read_text().partition(BEGIN)
    inside, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{file} has no place for the table: {BEGIN} and {END}")
    return before, inside, after


def _commit() -> str:
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    told = subprocess.run(words, cwd=Path(__file__).parent, capture_output=True, text=True)
    return told.stdout.strip() or "unknown"
