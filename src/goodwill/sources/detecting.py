"""Finding out how a file is written, where its mapping does not say: the encoding and the delimiter."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Final, cast

from goodwill.domain.errors import MappingError

__all__ = ["delimiter_of", "encoding_of", "opened", "opened_text"]

GZIP: Final = b"\x1f\x8b"
CHUNK: Final = 1 << 20
SAMPLE: Final = 1 << 16
DELIMITERS: Final = ",;\t|"
# The longer marks first: UTF-32's begins with UTF-16's.
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The bytes of a file, unpacked if it is gzip, and the file itself, whose position tells the progress."""
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP)) == GZIP
        raw.seek(0)
        if not packed:
            yield raw, raw
            return
        try:
            with gzip.open(raw) as unpacked:
                yield cast("IO[bytes]", unpacked), raw
        except (EOFError, zlib.error) as error:
            raise OSError(f"{path}: a broken gzip file: {error}") from None


@contextmanager
def opened_text(path: Path, encoding: str) -> Iterator[tuple[io.TextIOWrapper, IO[bytes]]]:
    """The text of a file, its line ends as they are; bytes that are not of the encoding come as lone surrogates.

    Raises:
        MappingError: if not even that can be done, as in UTF-16 that is none.
    """
    with opened(path) as (unpacked, raw), io.TextIOWrapper(unpacked, encoding, "surrogateescape", newline="") as text:
        try:
            yield text, raw
        except UnicodeError as error:
            raise MappingError(f"{path.name} is not {encoding}: {error}; say the encoding that it has") from None


def encoding_of(path: Path) -> str:
    """The encoding of a file: by its byte order mark, UTF-8 if all of it is, else charset-normalizer's best guess.

    The guess is a guess: code pages that differ in a few letters look alike. A mapping that names the encoding wins.

    Raises:
        MappingError: if there is no telling.
    """
    with opened(path) as (unpacked, _):
        start = unpacked.read(SAMPLE)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    return "utf-8" if b"\0" not in start and is_utf_8(path) else guessed(path)


def is_utf_8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with opened(path) as (unpacked, _):
            while chunk := unpacked.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def guessed(path: Path) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, and most files are UTF-8

    with opened(path) as (unpacked, _):
        telling = b"".join(islice((line for line in unpacked if not line.isascii() or b"\0" in line), 500))
    best = from_bytes(telling[:SAMPLE]).best()
    if best is None:
        raise MappingError(f'no telling the encoding of {path.name}; say it, for example encoding = "cp1252"')
    return best.encoding


def delimiter_of(path: Path, encoding: str, skip: int) -> str:
    """The delimiter of a CSV file by `csv.Sniffer`: a comma, semicolon, tab or bar; a comma if the header has none.

    Raises:
        MappingError: if there is no telling.
    """
    with opened_text(path, encoding) as (text, _):
        lines = list(islice(text, skip, skip + 200))
    sample = "".join(lines)[:SAMPLE]
    try:
        return csv.Sniffer().sniff(sample, DELIMITERS).delimiter
    except csv.Error:
        found = [mark for mark in DELIMITERS if lines and mark in lines[0]]
    if len(found) > 1:
        raise MappingError(f'no telling the delimiter of {path.name}; say it, for example delimiter = ";"')
    return found[0] if found else ","
