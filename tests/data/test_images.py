"""Image folders: made by hand, faults planted one by one."""

from __future__ import annotations

import struct
import zlib

import pytest

from aiaudit.data.images import whole


def png(shade: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes([0, shade])))
        + chunk(b"IEND", b"")
    )


JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64 + b"\xff\xd9"


def test_a_folder_of_classes(tmp_path, measured):
    for kind, count in (("cat", 9), ("dog", 4)):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for i in range(count):
            (tmp_path / "pets" / kind / f"{i}.png").write_bytes(png(i + 10 * count))
    (tmp_path / "pets" / "dog" / "copy.png").write_bytes(png(90))  # that of cat/0
    (tmp_path / "pets" / "dog" / "cut.png").write_bytes(png(7)[:40])
    (tmp_path / "pets" / "dog" / "page.jpg").write_bytes(b"<html>not found</html>")
    report = measured(tmp_path)
    (dataset,) = report.datasets
    assert (dataset.name, dataset.format, dataset.rows) == ("pets", "images", 16)
    assert (dataset.malformed.count, dataset.duplicate_rows) == (2, 1)
    assert report.notes == ("pets: malformed: dog/cut.png, dog/page.jpg",)
    assert dataset.label.counts == {"cat": 9, "dog": 7}


def test_splits_are_sets_of_their_own(tmp_path, measured):
    for split, count in (("train", 12), ("test", 10)):
        for kind in ("a", "b"):
            (tmp_path / split / kind).mkdir(parents=True)
        for i in range(count):
            (tmp_path / split / "ab"[i % 2] / f"{i}.jpg").write_bytes(JPEG + bytes([i]))
    report = measured(tmp_path)
    assert [(d.name, d.role, d.rows, d.label.counts) for d in report.datasets] == [
        ("test", "test", 10, {"a": 5, "b": 5}), ("train", "train", 12, {"a": 6, "b": 6}),
    ]  # fmt: skip


def test_a_few_pictures_are_no_data_set(tmp_path, measured):
    for i in range(5):
        (tmp_path / f"{i}.png").write_bytes(png(i))
    assert measured(tmp_path).datasets == ()


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (png(1), True), (png(1)[:-8], False), (JPEG, True), (JPEG[:-2], False), (b"GIF89a" + b"\0" * 20 + b";", True),
        (b"GIF89a", False), (b"RIFF" + struct.pack("<I", 20) + b"WEBPVP8 " + b"\0" * 12, True),
        (b"RIFF" + struct.pack("<I", 900) + b"WEBPVP8 ", False), (b"BM" + struct.pack("<I", 30) + b"\0" * 24, True),
        (b"II*\x00" + b"\0" * 8, True), (b"", False), (b"text", False),
    ],
)  # fmt: skip
def test_headers_and_ends(data, good):
    assert whole(data, data, len(data)) is good
