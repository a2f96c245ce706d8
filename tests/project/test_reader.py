"""The guarded reader: only regular files below the root, never through a link, never more than the cap."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiaudit.project.reader import Reader, Unreadable, decode, is_binary, is_sparse, readable
from tests.project.trees import build


def test_reads_whole_files_and_heads(tmp_path: Path) -> None:
    build(tmp_path, {"a/b/c.txt": b"0123456789", "empty": b""})
    with Reader(str(tmp_path)) as reader:
        whole = reader.read("a/b/c.txt")
        assert (whole.data, whole.size, whole.truncated) == (b"0123456789", 10, False)
        head = reader.read("a/b/c.txt", limit=4)
        assert (head.data, head.size, head.truncated) == (b"0123", 10, True)
        exact = reader.read("a/b/c.txt", limit=10)
        assert (exact.data, exact.truncated) == (b"0123456789", False)
        assert reader.read("empty").data == b""


def open_files() -> int:
    """How many descriptors this process has; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def test_files_in_many_folders_in_any_order(tmp_path: Path) -> None:
    names = ["a/1", "a/b/2", "a/b/c/3", "d/4", "5", "a/b/6", "d/e/7", "a/8"]
    build(tmp_path, {name: name for name in names})
    with Reader(str(tmp_path)) as reader:
        before = open_files()
        for name in [*names, *reversed(names)]:
            assert reader.read(name).data == name.encode()
        reader.read("5")
        assert open_files() <= before


@pytest.mark.parametrize("path", ["link", "folder/up/secret", "up/secret", "folder/link2"])
def test_no_component_may_be_a_link(tmp_path: Path, path: str) -> None:
    build(tmp_path, {"outside/secret": "x"})
    root = build(tmp_path / "root", {"folder/real": "x"})
    (root / "link").symlink_to("../outside/secret")
    (root / "folder/link2").symlink_to("real")
    (root / "up").symlink_to("../outside")
    (root / "folder/up").symlink_to("../../outside")
    with Reader(str(root)) as reader, pytest.raises(Unreadable, match="link"):
        reader.read(path)


@pytest.mark.parametrize("path", ["../outside", "a/../../outside", "/etc/passwd", "a/./b", "", ".", "..", "a/", "x\0y"])
def test_paths_that_leave_the_root_are_refused(tmp_path: Path, path: str) -> None:
    build(tmp_path, {"outside": "x", "root/a/b": "x"})
    with Reader(str(tmp_path / "root")) as reader, pytest.raises(Unreadable):
        reader.read(path)


def test_special_files_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with Reader(str(tmp_path)) as reader:
        for path in ("pipe", "folder"):
            with pytest.raises(Unreadable, match="not a regular file"):
                reader.read(path)
        with pytest.raises(Unreadable, match="gone"):
            reader.read("missing")


def test_a_huge_sparse_file_costs_its_head_only(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2 * 1024**3)
    with Reader(str(tmp_path)) as reader:
        content = reader.read("huge", limit=1000)
    assert content.truncated and content.size == 2 * 1024**3 and content.data == bytes(1000)


def test_a_file_that_vanishes_is_gone(tmp_path: Path) -> None:
    build(tmp_path, {"a/x": "1", "a/y": "2"})
    with Reader(str(tmp_path)) as reader:
        assert reader.read("a/x").data == b"1"
        (tmp_path / "a/y").unlink()
        with pytest.raises(Unreadable, match="gone"):
            reader.read("a/y")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    build(tmp_path, {"a": "x"})
    (tmp_path / "a").chmod(0)
    with Reader(str(tmp_path)) as reader, pytest.raises(Unreadable, match="permission denied"):
        reader.read("a")


def test_files_whose_size_the_system_does_not_tell(tmp_path: Path) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc")
    with Reader("/proc/self") as reader:
        assert b"Name:" in reader.read("status").data


def test_a_closed_reader_opens_nothing(tmp_path: Path) -> None:
    build(tmp_path, {"a": "x"})
    reader = Reader(str(tmp_path))
    reader.close()
    reader.close()
    with pytest.raises(Unreadable):
        reader.read("a")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        ("é".encode(), "é"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("wide é".encode("utf-16"), "wide é"),
        (b"\xfe\xff" + "big".encode("utf-16-be"), "big"),
        ("wider".encode("utf-32"), "wider"),
        (b"caf\xe9", "café"),
        (b"", ""),
    ],
)
def test_text_is_decoded_by_mark_then_utf8_then_latin1(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_binary_is_a_nul_in_the_head_without_a_mark() -> None:
    assert is_binary(b"\x7fELF\0\0") and not is_binary(b"text") and not is_binary("x".encode("utf-16"))
    assert not is_binary(b"x" * 10_000 + b"\0")


def test_sparse_is_far_fewer_blocks_than_bytes() -> None:
    assert is_sparse(1 << 30, 8) and not is_sparse(1 << 30, 1 << 21) and not is_sparse(100, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_is_read_whatever_way_its_letters_are_kept(encoding: str) -> None:
    text = "KEY=abc\nNAME=Zoë\n" * 40
    made = readable(text.encode(encoding))
    assert made is not None
    assert made.decode() == text


def test_a_nul_byte_or_two_do_not_make_a_text_a_binary_file() -> None:
    data = b"# \0\nKEY=abc\n" + b"x = 1\n" * 100
    assert readable(data) == data
    for binary in (b"\x7fELF\0\0" + bytes(50), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(256)) * 20, bytes(1000)):
        assert readable(binary) is None
