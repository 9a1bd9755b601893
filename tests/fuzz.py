"""Near-valid files of every kind that is read, and a judge of what a reader makes of them.

A kind has a few valid files and a way to damage one: pieces of text or bytes are taken out,
doubled, exchanged or replaced by nasty ones. Hypothesis chooses the file and the damage, for many
files at once, because choosing takes it longer than most files take to be read. A reader has to
give a right answer or an error of the product, at once, in little memory, reading nothing else and
writing nothing.
"""

import math
import re
import resource
import sys
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SECONDS = 2.0
MEMORY = 1 << 20
"""Most that the process may grow, in KiB."""
TOKEN = re.compile(
    rb"[A-Za-z_]+|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\"(?:[^\"\\]|\\.)*\"|\s+|.", re.DOTALL
)
NASTY = [
    b"", b"0", b"-1", b"1", b"3", b"1e999", b"-1e308", b"NaN", b"Infinity", b"null", b"true",
    b'"True"', b"[]", b"{}", b"[[]]", b"[[[]]]", b'""', b'"a"', b"\x00", b"\xff\xfe", b"\n",
    b"\n\n", b"[" * 3000, b"9" * 400, b"9" * 5000, b"1" + b"0" * 18, b"2147483648", b"4294967296",
    b"<", b">", b"&a;", b"</g>", b"\xed\xa0\x80", b"\xe2\x80\xae", b"'", b"(", b")", b",", b":",
    b"]", b"[", b"{", b"}", b"1,", b"../",
]  # fmt: skip
NUMBERS = [0, 1, 2, 127, 128, 255, 256, 32767, 65535, 65536, (1 << 31) - 1, 1 << 31, (1 << 32) - 1]


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, valid ones, and who reads it."""

    name: str
    file: str
    valid: list[bytes]
    read: Callable[[Path], object]
    text: bool = False
    errors: tuple[type[Exception], ...] = ()


Pick = Callable[[int], int]
"""Gives a choice: a number below another."""
EACH = 20
"""Inputs that Hypothesis chooses at once."""
BYTES = 64
"""Bytes that each of them is chosen by."""
DAMAGES = ["cut", "drop", "double", "swap", "nasty", "number", "flip", "end"]


def chosen(count: int, judge: Callable[[Pick], None]) -> None:
    """Call `judge` with so many ways to choose; up to 2,000 of them are the same each time."""

    @settings(
        max_examples=count // EACH,
        deadline=None,
        database=None,
        derandomize=count <= 2000,
        phases=[Phase.generate],  # what is smaller is no easier to read
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(min_size=EACH * BYTES, max_size=EACH * BYTES))
    def some(letters: bytes) -> None:
        for start in range(0, len(letters), BYTES):
            rest = int.from_bytes(letters[start : start + BYTES])

            def pick(below: int) -> int:
                nonlocal rest
                rest, found = divmod(rest, below)
                return found

            judge(pick)

    some()


def damages(pick: Pick) -> list[tuple[str, int, int]]:
    """Return none to four ways to damage a file: what is done, where, and with what."""
    return [(DAMAGES[pick(8)], pick(1 << 16), pick(1 << 16)) for _ in range(pick(5))]


def damaged(valid: bytes, damage: list[tuple[str, int, int]], text: bool) -> bytes:
    """Return a file with some damage done to it; no damage returns it whole."""
    pieces = TOKEN.findall(valid) if text else [valid[i : i + 1] for i in range(len(valid))]
    for kind, where, what in damage:
        if not pieces:
            break
        # Headers are short and matter most: half of the damage is done there.
        place = where % len(pieces) if where & 1 else where // 2 % min(64, len(pieces))
        if kind == "cut":
            del pieces[place:]
        elif kind == "end":
            pieces.append(NASTY[what % len(NASTY)])
        elif kind == "drop":
            del pieces[place : place + 1 + what % 8]
        elif kind == "double":
            pieces[place:place] = pieces[place : place + 1 + what % 16] * (1 + what % 40)
        elif kind == "swap":
            other = what % len(pieces)
            pieces[place], pieces[other] = pieces[other], pieces[place]
        elif kind == "nasty":
            pieces[place] = NASTY[what % len(NASTY)]
        elif kind == "number":
            number = NUMBERS[what % len(NUMBERS)]
            if text:
                pieces[place] = str(number).encode()
            else:
                order = "big" if what & 64 else "little"
                pieces[place : place + 4] = [bytes([b]) for b in number.to_bytes(4, order)]
        elif pieces[place]:
            pieces[place] = bytes([pieces[place][0] ^ (1 << what % 8)]) + pieces[place][1:]
    return b"".join(pieces)


def with_sums(png: bytes) -> bytes:
    """Return a PNG whose check sums are right again, so that damage gets past them."""
    out, at = png[:8], 8
    while at + 8 <= len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if at + 12 + length > len(png):
            break
        chunk = png[at + 4 : at + 8 + length]
        out += png[at : at + 4] + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        at += 12 + length
    return out + png[at:]


def fuzz(kind: Kind, folder: Path, examples: int) -> None:
    """Try so many near-valid files of a kind; raise AssertionError for the first bad answer."""
    file = folder / kind.file
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def judge(pick: Pick) -> None:
        number, damage = pick(len(kind.valid)), damages(pick)
        content = damaged(kind.valid[number], damage, kind.text)
        if content[1:4] == b"PNG" and len(damage) % 2:
            content = with_sums(content)
        file.write_bytes(content)
        begun = time.thread_time()
        with watched(folder) as seen:
            try:
                kind.read(file)
            except kind.errors as error:
                said = str(error)
                assert said and "\n" not in said and len(said) < 1000, said
                assert damage, f"a valid file is refused: {said}"
            except Exception as error:
                error.add_note(f"of {kind.name} number {number}, {damage}")
                raise
        spent = time.thread_time() - begun
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
        assert spent < SECONDS, f"{spent:.1f} s for {number}, {damage}"
        assert grown < MEMORY, f"{grown >> 10} MiB"
        assert not seen, seen

    chosen(examples, judge)


class watched:
    """Collect what this thread opens outside a folder, writes, starts or unpickles meanwhile.

    What other tests left running in threads of their own, such as a client of a cluster, is theirs.
    """

    current: "watched | None" = None
    hooked = False

    def __init__(self, folder: Path):
        self.folder, self.seen, self.thread = str(folder), [], threading.get_ident()
        self.allowed = (self.folder, sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]))

    def __enter__(self) -> list[tuple]:
        if not watched.hooked:
            sys.addaudithook(watched.hook)
            watched.hooked = True
        watched.current = self
        return self.seen

    def __exit__(self, *_):
        watched.current = None

    @staticmethod
    def hook(event: str, arguments: tuple) -> None:
        self = watched.current
        if self is None or threading.get_ident() != self.thread:
            return
        if event in ("subprocess.Popen", "os.system", "socket.connect", "pickle.find_class"):
            self.seen.append((event, *map(str, arguments[:2])))
        elif event == "open" and isinstance(arguments[0], str | bytes | Path):
            path, mode = str(arguments[0]), str(arguments[1] or "r")
            resolved = path if path.startswith("/") else str(Path(path).absolute())
            written = any(letter in mode for letter in "wax+") and path != "/dev/null"
            if written or not resolved.startswith(self.allowed):
                self.seen.append((event, path, mode))


def finite_page(page, side: int = 48) -> None:
    """Raise AssertionError unless this is a page with ink."""
    assert tuple(page.shape) == (1, 1, side, side)
    low, high = float(page.min()), float(page.max())
    assert math.isfinite(low) and math.isfinite(high) and 0 <= low <= high <= 1 and high > 0.2
