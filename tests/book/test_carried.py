"""Files that the built book carries: as light as they can be, and whole when they are read."""

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneshot import carried


def read(letters: str) -> bytes:
    """Return the bytes that letters hold, read apart from the book: one long number."""
    bits = "".join(f"{ord(letter) - carried.FIRST:015b}" for letter in letters)
    data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
    return data[4 : 4 + int.from_bytes(data[:4])]


@given(st.binary(max_size=200))
def test_letters_are_the_bytes_and_need_no_escape(data):
    letters = carried.letters(data)
    assert read(letters) == data
    assert len(letters) == -(-8 * (len(data) + 4) // 15)
    assert json.dumps(letters, ensure_ascii=False) == f'"{letters}"'
    assert not any(ord(letter) > 0xD7FF for letter in letters), "no half of a pair"


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    """The address of a page whose function `parts` is the worker's that opens a carried file."""
    page = tmp_path_factory.mktemp("letters") / "page.html"
    source = carried.worker().replace("</", "<\\/")
    head = "<!doctype html><meta charset=utf-8><title>letters</title>"
    page.write_text(f"{head}<script>{source}</script>")
    return page.as_uri()


def test_the_browser_reads_what_was_packed(open_page, worker):
    parts = {"all": bytes(range(256)) * 41, "none": b"", "one": b"\x00", "text": "öne".encode()}
    page, faults = open_page(worker)
    found = page.evaluate(
        """async (letters) => Object.fromEntries(
            Object.entries(await unpack(letters)).map(([name, part]) => [name, [...part]]))""",
        carried.packed(parts),
    )
    assert {name: bytes(part) for name, part in found.items()} == parts
    assert faults == []


def test_what_a_graphics_processor_cannot_run_webassembly_does(open_page, worker):
    page, _ = open_page(worker)
    asked = page.evaluate(
        """async () => {
            const asked = [];
            const create = async (_, { executionProviders: [name] }) => {
                asked.push(name);
                if (name === "webgpu") throw new Error("no such operator");
            };
            [ort, provider] = [{ InferenceSession: { create } }, "webgpu"];
            for (const bytes of [1, 2]) await session(bytes);
            return asked;
        }"""
    )
    assert asked == ["webgpu", "wasm", "wasm"], "once is enough"


def test_a_file_is_utf_16_with_its_mark_and_calls_back(tmp_path):
    carried._write(tmp_path, "small", "key", {"part": b"\x01\x02"}, 'say "ß"')
    raw = (tmp_path / "small.js").read_bytes()
    assert raw[:2] == b"\xff\xfe"
    name, letters, more = re.fullmatch(
        r'oneshotCarry\("(\w+)", "(.+?)", (".*")\);\n', raw.decode("utf-16")
    ).groups()
    whole = gzip.decompress(read(letters))
    assert (name, json.loads(more)) == ("small", 'say "ß"') and whole.endswith(b"\x01\x02")
