"""The official archives: where they are, how to fetch them, and whether a copy is sound."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from oneshot.drawings import folder as own
from oneshot.drawings import listings, omniglot, quickdraw
from oneshot.drawings.download import Enough, download
from oneshot.drawings.errors import DataError
from oneshot.drawings.identity import sha256
from oneshot.drawings.ndjson import strokes_of
from oneshot.drawings.quickdraw import FOLDER
from oneshot.drawings.raster import SIDE
from oneshot.drawings.sources import SOURCES, root, source
from oneshot.drawings.splits import SPLITS
from oneshot.progress import tqdm

OMNIGLOT_URL = "https://github.com/brendenlake/omniglot/raw/master/python/"
OMNIGLOT = omniglot.OFFICIAL
QUICKDRAW_URL = "https://storage.googleapis.com/quickdraw_dataset/full/simplified/"
PER_CATEGORY = 4000
LOCK = "lock.json"


def categories() -> list[str]:
    """Return the names of the 345 categories of Quick, Draw!, sorted."""
    return Path(__file__).with_name("quickdraw_categories.txt").read_text().splitlines()


def fetch(dataset: str, per_category: int = PER_CATEGORY, mirror: str = "") -> list[str]:
    """Fetch the official files of a dataset that are not there yet, and return what was done.

    They go where `root(dataset)` looks for them. Of a Quick, Draw! file only the first
    `per_category` recognised drawings are fetched (0: all, 23 GB), more of them later when asked
    for more. What was interrupted goes on where it stopped. `mirror` is another address of the
    folder that holds the files.

    No checksums of Quick, Draw! are published: the sha256 of what was fetched is kept in
    `lock.json` beside it for `verify`. Raises DataError when a file cannot be fetched or is not
    what it should be.
    """
    if per_category < 0:
        raise ValueError(f"per_category must be 0 (all) or more, got {per_category}")
    if source(dataset).name not in ("omniglot", "quickdraw"):
        return [f"{dataset} needs no download"]
    folder = root(dataset)
    if dataset == "omniglot" and all(_whole(folder / name) for name in OMNIGLOT):
        return [f"{folder} is complete"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".fetch.lock"):
            if dataset == "omniglot":
                return _fetch_omniglot(folder, mirror or OMNIGLOT_URL)
            return _fetch_quickdraw(folder, mirror or QUICKDRAW_URL, per_category)
    except OSError as error:
        raise DataError(
            f"{error.filename or folder} cannot be written ({error.strerror}); set ONESHOT_DATA to "
            f"a folder that can and that has a folder {dataset}"
        ) from None


def _fetch_omniglot(folder: Path, url: str) -> list[str]:
    done = []
    for name, official in OMNIGLOT.items():
        archive = folder / name
        if archive.exists() and _whole(archive):
            done.append(f"{archive} is there already")
            continue
        part = folder / f"{name}.part"
        address = f"{_slash(url)}{name}"
        download(address, part)
        found = sha256(part)
        if found != official:
            part.unlink()
            raise DataError(
                f"{address} has sha256 {found}, expected {official}; what came was "
                "deleted: try again, or another mirror"
            )
        part.replace(archive)
        done.append(f"fetched {archive}")
    return done


def _fetch_quickdraw(folder: Path, url: str, per_category: int) -> list[str]:
    known = _read_lock(folder)
    (folder / FOLDER).mkdir(exist_ok=True)
    fetched = 0
    bar = tqdm(categories(), desc="fetching quickdraw", unit="category")
    for category in bar:
        file = folder / FOLDER / f"{category}.ndjson"
        entry = known.get(file.name)
        if file.exists() and (not entry or _covers(entry, file, per_category)):
            continue
        part = file.with_name(f"{file.name}.part")
        if file.exists() and not part.exists():
            shutil.copy(file, part)
        address = f"{_slash(url)}{file.name}"
        download(address, part, per_category)
        _check_first_line(part, category, address)
        # The entry goes first: a file without one would count as the user's own.
        known[file.name] = _entry(part, address, per_category)
        _write_lock(folder, known)
        part.replace(file)
        fetched += 1
    kept = len(categories()) - fetched
    done = f"fetched {fetched} categories into {folder / FOLDER}, {kept} were there already"
    return [done, models("quickdraw")]


def _check_first_line(part: Path, category: str, address: str) -> None:
    try:
        next(strokes_of(part, word=category), None)
    except DataError as error:
        part.unlink()
        raise DataError(f"{address} does not give what it should: {error}") from None


def _entry(part: Path, address: str, per_category: int) -> dict[str, Any]:
    enough = Enough(0)
    with part.open("rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            enough.feed(chunk)
    return {
        "sha256": sha256(part),
        "bytes": part.stat().st_size,
        "drawings": enough.found,
        "complete": not per_category or enough.found < per_category,
        "url": address,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _covers(entry: dict[str, Any], file: Path, per_category: int) -> bool:
    if entry["bytes"] != file.stat().st_size:
        return False
    return entry["complete"] or 0 < per_category <= entry["drawings"]


def _read_lock(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / LOCK
    try:
        return json.loads(path.read_text()) if path.exists() else {}
    except ValueError:
        raise DataError(f"{path} is not JSON; move it away, and the files it is about") from None


def _write_lock(folder: Path, known: dict[str, dict[str, Any]]) -> None:
    fresh = folder / f".{LOCK}"
    fresh.write_text(json.dumps(known, indent=1, sort_keys=True))
    fresh.replace(folder / LOCK)


def _slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"


@dataclass(frozen=True)
class Finding:
    """What `verify` found out about a file; `ok` says whether it can be used."""

    file: str
    ok: bool
    state: str
    bytes: int = 0
    sha256: str = ""


def verify(dataset: str) -> Iterator[Finding]:
    """Yield what is found out about each file of a dataset, all of it read.

    Raises ValueError for an unknown dataset.
    """
    name, folder = source(dataset).name, root(dataset)
    if name == "omniglot":
        yield from (_verify_archive(folder / archive) for archive in OMNIGLOT)
    elif name == "quickdraw":
        yield from _verify_quickdraw(folder)
    else:
        if name == "folder":
            yield from _verify_own(folder)
        yield _judge(folder if name == "folder" else Path(name), lambda _: _read_all(dataset))


def _verify_own(folder: Path) -> Iterator[Finding]:
    """Say of each file in a folder of the user's how it is read, or why it is not."""
    with suppress(DataError):  # where the folder itself is at fault, reading it all says so
        for read in own.report(folder):
            yield _judge(read.file, lambda _, read=read: _way(read))


def _about_own(folder: Path) -> dict[str, Any]:
    """Return how many drawings a folder of the user's has, how they are read, and what is not."""
    read = list(own.report(folder))
    ways = sum((one.ways for one in read), Counter())
    return {
        "drawings": ways.total(),
        "read": dict(ways.most_common()),
        "left out": [str(one.file) for one in read if one.left_out],
        "problem": next((one.fault for one in read if one.fault), None),
    }


def _way(read: own.Read) -> str:
    """Return how a file was read; raise DataError where it could not be."""
    if read.fault:
        raise DataError(read.fault)
    if read.left_out:
        return f"is left out: {read.left_out}"
    ways = [f"{_drawings(count)}, {way}" for way, count in read.ways.items()]
    ways += [f"{_drawings(count)} left out, {why}" for why, count in read.skipped.items()]
    return "; ".join(ways) or "holds no drawing"


def _drawings(count: int) -> str:
    return f"{count:,} drawing{'s' if count != 1 else ''}"


def _verify_archive(archive: Path) -> Finding:
    def state(archive: Path) -> str:
        omniglot.check(archive)
        if sha256(archive) == OMNIGLOT[archive.name]:
            return "is the official archive"
        return "differs from the official archive but is whole and has the right layout"

    return _judge(archive, state)


def _verify_quickdraw(folder: Path) -> Iterator[Finding]:
    known = _read_lock(folder)

    def state(file: Path) -> str:
        entry = known.get(file.name)
        if entry and entry["sha256"] != sha256(file):
            raise DataError(f"{file} is not what was fetched; move it away and fetch it again")
        if entry:
            return "is what was fetched first; no official checksum is published"
        count = sum(1 for _ in strokes_of(file))
        return f"is whole and has the right layout ({count} drawings); no checksum is known"

    expected = categories()
    there = [c for c in expected if (folder / FOLDER / f"{c}.ndjson").exists()]
    for category in tqdm(there, desc="verifying", unit="category"):
        yield _judge(folder / FOLDER / f"{category}.ndjson", state)
    for dataset in listings.LISTED:
        if listings.listing(dataset).categories().keys() <= set(expected):
            yield _verify_list(folder, there, dataset)
    if missing := sorted(set(expected) - set(there)):
        yield Finding(
            str(folder / FOLDER),
            False,
            f"{len(missing)} of {len(expected)} categories are missing, such as {missing[0]!r}; "
            "run `oneshot data fetch quickdraw`",
        )


def _verify_list(folder: Path, there: list[str], dataset: str) -> Finding:
    """Find out how many of the drawings that an edition lists are there, wherever they are."""

    def state(file: Path) -> str:
        found = listings.listing(dataset)
        marks = np.concatenate([np.empty(0, np.int64), *quickdraw.hashes(folder, there)])
        present = np.isin(found.hashes, marks)
        left, _ = found.present(present)
        return (
            f"{present.sum():,} of the {len(present):,} drawings listed by {dataset} are there, "
            f"{len(left.names)} of its {len(found.names)} concepts"
        )

    return _judge(listings.file(dataset), state)


def _judge(file: Path, state: Callable[[Path], str]) -> Finding:
    try:
        said, ok = state(file), True
    except DataError as error:
        said, ok = str(error), False
    if not file.is_file():
        return Finding(str(file), ok, said)
    return Finding(str(file), ok, said, file.stat().st_size, sha256(file))


def _read_all(dataset: str) -> str:
    origin, folder = source(dataset), root(dataset)
    names = origin.names(folder)
    if origin.name == "folder":
        count = sum(len(pages) for pages in origin.pages(folder, names, SIDE, 0))
        return f"can be read: {len(names)} concepts, {count} drawings"
    return f"is built in: {len(names)} concepts"


def _whole(archive: Path) -> bool:
    try:
        omniglot.check(archive)
    except DataError:
        return False
    return True


def info(dataset: str) -> dict[str, Any]:
    """Return what is known of a dataset: licence, place, its concepts, and which models it is for.

    Raises ValueError for an unknown dataset.
    """
    about = _known(dataset)
    return about | {"models": models(dataset)} if about["there"] else about


def models(dataset: str) -> str:
    """Say whether the models and results that ship are of the drawings that are here."""
    origin = source(dataset)
    if origin.name != "folder" and not origin.fingerprint(root(dataset)):
        return "the models and results that ship are of these drawings"
    ship = "" if origin.name == "folder" else "those that ship are of other drawings; "
    return f"{ship}models of these are trained here first, and their results stay on this machine"


def _known(dataset: str) -> dict[str, Any]:
    origin, folder = source(dataset), root(dataset)
    about = {
        "name": dataset,
        "about": origin.describe,
        "licence": origin.licence,
        "place": "built in" if origin.name == "glyphs" else str(folder),
        "there": True,
        "problem": None,
        "concepts": 0,
    }
    try:
        names = origin.names(folder)
    except DataError as error:
        return about | {"there": False, "problem": str(error)}
    if origin.name == "folder":
        about |= _about_own(folder)
    counts = np.bincount(origin.split(names), minlength=len(SPLITS)).tolist()
    return about | {"concepts": len(names)} | dict(zip(SPLITS, counts, strict=True))


def overview() -> list[dict[str, Any]]:
    """Return what `info` does, but for the models, of every source that needs no path."""
    return [_known(name) for name in SOURCES if name != "folder"]
