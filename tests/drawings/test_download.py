"""Single files from a server on this machine that is whole, flaky, old-fashioned or absent."""

import pytest

from oneshot.drawings import download as downloads
from oneshot.drawings.download import Enough, download
from oneshot.drawings.errors import DataError

from .conftest import record

CONTENT = bytes(range(256)) * 4000


def test_a_file_comes_whole(server, tmp_path):
    server.files["x"] = CONTENT
    download(server.url + "x", tmp_path / "new" / "x.part")
    assert (tmp_path / "new" / "x.part").read_bytes() == CONTENT
    assert server.asked == [("x", None)]


def test_a_broken_connection_goes_on_where_it_stopped(server, tmp_path):
    server.files["x"] = CONTENT
    server.breaks = [0, 700_000, 300_000]
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT
    assert server.asked[1:3] == [("x", "bytes=300000-"), ("x", "bytes=1000000-")]


def test_a_killed_download_goes_on_where_it_stopped(server, tmp_path):
    server.files["x"] = CONTENT
    (tmp_path / "x.part").write_bytes(CONTENT[:1000])
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT
    assert server.asked == [("x", "bytes=1000-")]


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.files["x"], server.ranges = CONTENT, False
    server.breaks = [500_000]
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_complete_part_is_not_fetched_again(server, tmp_path):
    server.files["x"] = CONTENT
    (tmp_path / "x.part").write_bytes(CONTENT)
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(server, tmp_path):
    server.files["x"] = CONTENT
    (tmp_path / "x.part").write_bytes(CONTENT + b"more")
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_server_that_gives_up_keeps_what_came(server, tmp_path):
    server.files["x"] = CONTENT
    server.breaks = [0, 0, 0, 0, 5000]
    with pytest.raises(
        DataError, match=r"the connection broke off; 5,000 bytes are kept in .*x\.part"
    ):
        download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT[:5000]
    assert len(server.asked) == 3


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.files["x"], server.errors = CONTENT, [503, 500]
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT
    server.errors = [503] * 3
    with pytest.raises(DataError, match="the server answers 503"):
        download(server.url + "x", tmp_path / "y.part")


def test_a_missing_file_is_not_asked_for_again(server, tmp_path):
    with pytest.raises(DataError, match=r"/x answers 404 Not Found$"):
        download(server.url + "x", tmp_path / "x.part")
    assert len(server.asked) == 1 and not (tmp_path / "x.part").exists()


def test_no_network(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(
        DataError, match=r"could not be fetched: .*refused.*0 bytes are kept"
    ) as error:
        download(server.url + "x", tmp_path / "x.part")
    assert "\n" not in str(error.value)


# The first drawings of a file


def lines(count):
    """Of each three lines, two are of recognised drawings."""
    return [(record("cat", k, k % 3 != 2) + "\n").encode() for k in range(count)]


@pytest.mark.parametrize(("wanted", "taken"), [(1, 1), (2, 2), (3, 4), (6, 8), (40, 59)])
@pytest.mark.parametrize("chunk", [7, 1 << 18])
def test_a_file_is_cut_after_the_last_drawing_wanted(
    server, tmp_path, monkeypatch, wanted, taken, chunk
):
    monkeypatch.setattr(downloads, "CHUNK", chunk)
    server.files["cat.ndjson"] = b"".join(lines(60))
    server.breaks = [100]
    download(server.url + "cat.ndjson", tmp_path / "x.part", wanted)
    assert (tmp_path / "x.part").read_bytes() == b"".join(lines(60)[:taken])


def test_a_longer_cut_asks_only_for_the_rest(server, tmp_path):
    server.files["cat.ndjson"] = b"".join(lines(60))
    for wanted, taken in ((2, 2), (10, 14), (500, 60)):
        download(server.url + "cat.ndjson", tmp_path / "x.part", wanted)
        assert (tmp_path / "x.part").read_bytes() == b"".join(lines(60)[:taken])
    starts = [0, *(len(b"".join(lines(k))) for k in (2, 14))]
    assert [asked for _, asked in server.asked] == [None, *(f"bytes={k}-" for k in starts[1:])]


def test_enough_counts_across_chunks():
    enough = Enough(2)
    text = b'{"recognized":true}\n{"recognized":false}\n{"recognized": true}\n{"recognized":true}\n'
    fed = [enough.feed(text[k : k + 5]) for k in range(0, len(text), 5)]
    assert fed == [5 * k + 5 >= enough.end for k in range(len(fed))]
    assert text[: enough.end].count(b"\n") == 3
