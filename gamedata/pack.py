"""The catalogue file: one line of JSON that says what it is, then the compressed catalogue.

The line is `cohort-catalogue {"format": 1, "release": ..., "hash": ..., "counts": ...}`: readable
with `head -1`, and enough to refuse what this version cannot read. The body is MessagePack of the
`Catalogue`, ids sorted, as xz. Its SHA-256 before compression is the content hash.
"""

import hashlib
import lzma
import os
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from gamedata.catalogue import Catalogue

FORMAT = 1
MAGIC = b"cohort-catalogue "
MAX_HEADER_BYTES = 64 * 1024
# The same powers stand far apart, under several archetypes: xz's window of 8 MiB finds them. A
# third of what deflate makes of it (0.7 MB instead of 1.9), and opened just as fast.
PRESET = 6


class CatalogueError(Exception):
    """The catalogue file cannot be used; the message is for a person."""


class Header(Struct, frozen=True):
    """What a catalogue file says of itself."""

    format: int
    release: str = ""
    hash: str = ""
    counts: dict[str, int] = {}


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(Catalogue)


def body(catalogue: Catalogue) -> bytes:
    """The canonical bytes of the contents: equal contents, equal bytes."""
    return _encoder.encode(msgspec.structs.replace(catalogue, hash=""))


def content_hash(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()


def seal(catalogue: Catalogue) -> Catalogue:
    """The same catalogue under the name of its contents."""
    return msgspec.structs.replace(catalogue, hash=content_hash(body(catalogue)))


def counts(catalogue: Catalogue) -> dict[str, int]:
    """How many of each kind."""
    return {
        field: len(value)
        for field in catalogue.__struct_fields__
        if isinstance(value := getattr(catalogue, field), dict)
    }


def _describe(catalogue: Catalogue, contents: bytes) -> Header:
    return Header(FORMAT, catalogue.release, content_hash(contents), counts(catalogue))


def write(catalogue: Catalogue, path: Path) -> str:
    """Write the file whole or not at all, and return the content hash.

    Raises OSError when the place cannot be written to.
    """
    contents = body(catalogue)
    header = _describe(catalogue, contents)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(MAGIC + msgspec.json.encode(header) + b"\n")
            file.write(lzma.compress(contents, preset=PRESET))
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    return header.hash


def read_header(path: Path) -> Header:
    """What the file says of itself, without reading it all. Raises CatalogueError."""
    try:
        with path.open("rb") as file:
            return _header(path, file.readline(MAX_HEADER_BYTES))
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}.") from error


def load(path: Path) -> Catalogue:
    """Open a catalogue file. Raises CatalogueError."""
    try:
        with path.open("rb") as file:
            header = _header(path, file.readline(MAX_HEADER_BYTES))
            contents = lzma.decompress(file.read())
        if content_hash(contents) != header.hash:
            raise CatalogueError(f"{path} is damaged: its contents are not what was written.")
        catalogue = _decoder.decode(contents)
        if _describe(catalogue, contents) != header:
            raise CatalogueError(f"{path} is damaged: its first line is not what was written.")
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}.") from error
    except lzma.LZMAError as error:
        raise CatalogueError(f"{path} is damaged or was cut short.") from error
    except (msgspec.MsgspecError, RecursionError) as error:
        raise CatalogueError(
            f"{path} is not a catalogue that this version reads: {error}."
        ) from error
    return msgspec.structs.replace(catalogue, hash=header.hash)


def _header(path: Path, line: bytes) -> Header:
    if not line.startswith(MAGIC):
        raise CatalogueError(f"{path} is not a Cohort catalogue.")
    try:
        header = msgspec.json.decode(line.removeprefix(MAGIC), type=Header)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise CatalogueError(f"{path} is damaged: its first line says nothing.") from error
    if header.format > FORMAT:
        raise CatalogueError(
            f"{path} was written by a newer Cohort: its format is {header.format}, "
            f"this one reads up to {FORMAT}."
        )
    return header
