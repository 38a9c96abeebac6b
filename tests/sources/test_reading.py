"""Files into rows: what is found out, what the mapping says, and where each row starts."""

from __future__ import annotations

import csv
import gzip
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodwill.domain.errors import MappingError
from goodwill.sources.grammar import Reading
from goodwill.sources.reading import FileRows

CZECH = "Číslo účtu;Název protiúčtu;Částka\n1;Příliš žluťoučký kůň úpěl ďábelské ódy;-1,00\n2;Zaúčtováno měsíčně;2,50\n"


def rows(path, **reading):
    return list(FileRows(path, Reading(**reading)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_encoding_and_the_delimiter_are_found_out(export, encoding, delimiter):
    path = export("a.csv", f'näme{delimiter}day\n"Zoë {delimiter} Ünal"{delimiter}1\nBob{delimiter}2\n', encoding)
    found = FileRows(path, Reading())
    assert (found.header, found.delimiter) == (("näme", "day"), delimiter)
    assert [row.cells["näme"] for row in found] == [f"Zoë {delimiter} Ünal", "Bob"]


def test_a_code_page_is_guessed(export):
    found = FileRows(export("a.csv", CZECH, "cp1250"), Reading())
    assert found.encoding == "cp1250"
    assert next(iter(found)).cells["Název protiúčtu"].startswith("Příliš")


def test_what_the_mapping_says_wins(export):
    found = FileRows(export("a.csv", "a;b,c\n1;2,3\n"), Reading(encoding="cp1252", delimiter=","))
    assert (found.encoding, found.header) == ("cp1252", ("a;b", "c"))


def test_tab_may_be_written_as_a_word(export):
    assert FileRows(export("a.txt", "a\tb\n1\t2\n"), Reading(delimiter="tab")).header == ("a", "b")


def test_a_file_of_one_column_needs_no_delimiter(export):
    assert [row.cells for row in rows(export("a.csv", "id\n1\n2\n"))] == [{"id": "1"}, {"id": "2"}]


def test_a_byte_order_mark_is_no_part_of_the_first_name_even_if_utf_8_is_said(export):
    assert FileRows(export("a.csv", "id,b\n1,2\n", "utf-8-sig"), Reading(encoding="UTF-8")).header == ("id", "b")


def test_a_row_knows_the_line_where_it_starts(export):
    path = export("a.csv", 'Report of May\n\nid,note\n1,"two\nlines"\n\n,\n2,one\n')
    assert [(row.line, row.cells["id"]) for row in rows(path, skip=2)] == [(4, "1"), (8, "2")]


def test_columns_without_a_header_take_the_names_of_the_mapping(export):
    assert [row.cells for row in rows(export("a.csv", "1,2\n3,4\n"), header=False, names=("a", "b"))] == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]


def test_names_take_the_place_of_a_header_of_as_many_columns(export):
    path = export("a.csv", "x,y\n1,2\n")
    assert rows(path, names=("a", "b"))[0].cells == {"a": "1", "b": "2"}
    with pytest.raises(MappingError, match="1 names, and a.csv has 2 columns"):
        FileRows(path, Reading(names=("a",)))


def test_blank_and_repeated_headers_are_told_apart(export):
    assert FileRows(export("a.csv", " a ,a,,a\n1,2,3,4\n"), Reading()).header == ("a", "a (2)", "column 3", "a (3)")


def test_blank_cells_and_those_that_the_mapping_calls_empty_are_none(export):
    (row,) = rows(export("a.csv", 'a,b,c,d\n," ",N/A, x \n'), empty=("N/A",))
    assert row.cells == {"a": None, "b": None, "c": None, "d": " x "}
    (row,) = rows(export("a.csv", "a,b\n x ,y\n"), trim=True)
    assert row.cells == {"a": "x", "b": "y"}


def test_a_ragged_row_is_a_fault_unless_the_mapping_allows_it(export):
    path = export("a.csv", "a,b\n1\n1,2,3\n1,2,\n1,2\n")
    assert [row.fault and row.fault.reason for row in rows(path)] == ["too few cells", "too many cells", None, None]
    assert [row.fault for row in rows(path, ragged=True)] == [None] * 4


def test_a_stray_quote_is_the_fault_of_its_row_alone(export):
    path = export("a.csv", 'a,b\n1,2\n"5" pipe",3\n4,5\n')
    found = rows(path)
    assert [(row.line, row.fault and row.fault.reason) for row in found] == [(2, None), (3, "not a CSV row"), (4, None)]


def test_a_file_without_quoting_is_read_with_an_empty_quote(export):
    path = export("a.csv", 'a;b\n5" pipe;3\n')
    assert rows(path, quote="")[0].cells == {"a": '5" pipe', "b": "3"}


def test_bytes_that_are_not_of_the_encoding_are_the_fault_of_their_row(export):
    path = export("a.csv", b"a,b\nZo\xeb,1\nBob,2\n")
    assert [row.fault and row.fault.reason for row in rows(path, encoding="utf-8")] == [
        "not in the file's encoding",
        None,
    ]


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_a_header_is_refused(export, text):
    with pytest.raises(MappingError, match="no header"):
        FileRows(export("a.csv", text), Reading())


def test_a_file_with_a_header_only_has_no_rows(export):
    assert rows(export("a.csv", "a,b\n")) == []


def test_json_lines_are_flattened_and_keep_their_digits(export):
    lines = [{"id": 1, "customer": {"id": "ada", "tags": ["x"]}, "sum": 1.10}, {"id": 2, "note": ""}, [1], {"x": None}]
    path = export("a.jsonl", "\n".join(map(json.dumps, lines)) + '\n{"sum": NaN}\nnonsense\n\n')
    found = FileRows(path, Reading())
    assert found.header == ("id", "customer.id", "customer.tags", "sum", "note", "x")
    read = list(found)
    assert read[0].cells == {"id": 1, "customer.id": "ada", "customer.tags": ["x"], "sum": Decimal("1.1")}
    assert read[1].cells == {"id": 2, "note": None}
    assert [row.line for row in read if row.fault] == [3, 5, 6]


def test_a_gzipped_file_is_read_as_what_is_in_it(tmp_path):
    for name, text in (("a.csv.gz", "a,b\n1,2\n"), ("a.jsonl.gz", '{"a": "1", "b": "2"}\n')):
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
        assert rows(tmp_path / name)[0].cells == {"a": "1", "b": "2"}


def test_a_file_that_is_not_what_the_mapping_says_is_refused(export):
    with pytest.raises(MappingError, match=r"a.csv is not utf-16: .*; say the encoding that it has"):
        FileRows(export("a.csv", "a,b\n1,2\n"), Reading(encoding="utf-16"))


def test_a_broken_gzip_file_cannot_be_read(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n" + bytes(range(256)) * 99)[:-30])
    with pytest.raises(OSError, match="a broken gzip file"):
        FileRows(tmp_path / "a.csv.gz", Reading())


def test_where_there_is_no_telling_the_delimiter_it_must_be_said(export):
    path = export("a.csv", "x,y;z\n1\n2\n3\n")
    with pytest.raises(MappingError, match="no telling the delimiter of a.csv"):
        FileRows(path, Reading())
    assert FileRows(path, Reading(delimiter=";")).header == ("x,y", "z")


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12) | st.sampled_from(
    ["a,b", 'q"q', "x\ny", ";", "\t|"]
)


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(list(",;\t|")),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_as_csv_is_read_back(tmp_path_factory, table, delimiter, encoding, ending):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerow(["one", "two", "three"])
    writer.writerows(table)
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    found = FileRows(path, Reading(delimiter=delimiter))
    expected = [[cell if cell.strip() else None for cell in row] for row in table if any(map(str.strip, row))]
    assert [list(row.cells.values()) for row in found] == expected
