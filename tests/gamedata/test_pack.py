"""The catalogue file: round trip, content hash, and files that cannot be used."""

import lzma
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gamedata import pack
from gamedata.catalogue import (
    Catalogue,
    EffectGroup,
    EntityId,
    EntityParams,
    Power,
    PowerId,
    PowerParams,
    PowersetId,
    Template,
)

HASTEN = Power(
    PowerId("Pool.Speed.Hasten"),
    "Hasten",
    PowersetId("Pool.Speed"),
    effects=(
        EffectGroup(
            templates=(
                Template(
                    ("RechargeTime",), "Strength", duration_s=None, params=PowerParams(count=2)
                ),
                Template(("Create_Entity",), params=EntityParams(EntityId("Imp"))),
            ),
            children=(EffectGroup(chance=0.5, pvp="only"),),
        ),
    ),
)
FLURRY = replace(HASTEN, id=PowerId("Pool.Speed.Flurry"))
CATALOGUE = pack.seal(Catalogue("homecoming-1", "", powers={FLURRY.id: FLURRY, HASTEN.id: HASTEN}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "some.catalogue"
    pack.write(CATALOGUE, file)
    return file


def test_what_is_written_is_read_back(path: Path) -> None:
    assert pack.load(path) == CATALOGUE


def test_the_header_tells_what_the_file_is(path: Path) -> None:
    header = pack.read_header(path)
    assert header.format == pack.FORMAT
    assert header.release == "homecoming-1"
    assert header.hash == CATALOGUE.hash
    assert header.counts["powers"] == 2
    assert path.read_bytes().startswith(b'cohort-catalogue {"format":1,"release":"homecoming-1"')


def test_the_hash_does_not_depend_on_the_order_of_the_ids() -> None:
    turned = replace(CATALOGUE, hash="", powers={HASTEN.id: HASTEN, FLURRY.id: FLURRY})
    assert pack.seal(turned).hash == CATALOGUE.hash


@given(st.floats(min_value=0, max_value=1e6))
def test_the_hash_depends_on_every_number(recharge_s: float) -> None:
    changed = replace(CATALOGUE, powers={HASTEN.id: replace(HASTEN, recharge_s=recharge_s)})
    other = replace(CATALOGUE, powers={HASTEN.id: replace(HASTEN, recharge_s=recharge_s + 1)})
    assert pack.seal(changed).hash != pack.seal(other).hash


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        pack.write(replace(CATALOGUE, release="homecoming-2"), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_the_file_is_readable_by_all_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "some.catalogue"
    pack.write(CATALOGUE, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def refused(path: Path) -> str:
    with pytest.raises(pack.CatalogueError) as error:
        pack.load(path)
    sentence = str(error.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_missing_file(tmp_path: Path) -> None:
    assert (
        refused(tmp_path / "none")
        == f"{tmp_path / 'none'} cannot be read: No such file or directory."
    )
    with pytest.raises(pack.CatalogueError, match="cannot be read"):
        pack.read_header(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 200_000, b"cohort-catalogues"])
def test_another_kind_of_file(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    assert refused(path) == f"{path} is not a Cohort catalogue."


@pytest.mark.parametrize("line", [b"", b"{", b"[1]", b'{"format": "one"}', b"\xff"])
def test_a_damaged_first_line(line: bytes, path: Path) -> None:
    path.write_bytes(pack.MAGIC + line + b"\n")
    assert refused(path) == f"{path} is damaged: its first line says nothing."


def test_a_first_line_that_tells_something_else(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"homecoming-1", b"homecoming-2", 1))
    assert refused(path) == f"{path} is damaged: its first line is not what was written."


def test_a_newer_format(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":2', 1))
    assert refused(path) == (
        f"{path} was written by a newer Cohort: its format is 2, this one reads up to 1."
    )


@pytest.mark.parametrize("kept", [0.5, 0.9, 0.999])
def test_a_truncated_file(kept: float, path: Path) -> None:
    data = path.read_bytes()
    start = data.index(b"\n") + 1
    path.write_bytes(data[: start + int((len(data) - start) * kept)])
    assert refused(path) == f"{path} is damaged or was cut short."


def test_a_changed_byte_anywhere_is_noticed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for position in range(data.index(b"\n") + 1, len(data)):
        data[position] ^= 0x55
        path.write_bytes(data)
        assert "is damaged" in refused(path), position
        data[position] ^= 0x55


def _with_body(path: Path, contents: bytes, hash_: str) -> None:
    line = path.read_bytes().split(b"\n", 1)[0].replace(CATALOGUE.hash.encode(), hash_.encode())
    path.write_bytes(line + b"\n" + lzma.compress(contents))


def test_contents_that_are_not_what_the_header_names(path: Path) -> None:
    _with_body(path, pack.body(replace(CATALOGUE, release="other")), CATALOGUE.hash)
    assert refused(path) == f"{path} is damaged: its contents are not what was written."


def test_contents_of_another_shape(path: Path) -> None:
    contents = b"\x93\x01\x02\x03"
    _with_body(path, contents, pack.content_hash(contents))
    assert refused(path).startswith(f"{path} is not a catalogue that this version reads: Expected")
