"""Files are written whole, and never through an existing symbolic link."""

from pathlib import Path

from dohyo.agents.files import UNFINISHED, write_atomically


def test_a_link_under_a_temporary_name_is_not_followed(tmp_path: Path):
    precious, page = tmp_path / "precious", tmp_path / "report.html"
    precious.write_bytes(b"keep me")
    link = tmp_path / f".{page.name}{UNFINISHED}"
    link.symlink_to(precious)
    write_atomically(page, b"a page")
    assert (page.read_bytes(), precious.read_bytes()) == (b"a page", b"keep me")
    assert link.is_symlink()


def test_a_link_in_the_place_of_the_file_is_replaced(tmp_path: Path):
    precious, page = tmp_path / "precious", tmp_path / "report.html"
    precious.write_bytes(b"keep me")
    page.symlink_to(precious)
    write_atomically(page, b"a page")
    assert not page.is_symlink()
    assert (page.read_bytes(), precious.read_bytes()) == (b"a page", b"keep me")


def test_nothing_else_is_left_behind(tmp_path: Path):
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "file", content)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"two"
