"""What tables of documents state of things that have names: rows, by the headings of columns."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from govcheck.markdown.page import Cell, Page


class Row(NamedTuple):
    """A row of a table, by the headings of its columns in small letters."""

    cells: tuple[tuple[str, Cell], ...]

    def cell(self, headings: Collection[str]) -> Cell | None:
        """The cell of the first column that has one of the headings."""
        return next((cell for heading, cell in self.cells if heading in headings), None)


def rows(page: Page, *wanted: Collection[str]) -> Iterator[Row]:
    """The rows of the tables that have, of each of the wanted headings, a column with one."""
    for table in page.tables:
        headings = [" ".join(cell.text.lower().split()) for cell in table.head]
        for row in table.rows if all(map({*headings}.intersection, wanted)) else ():
            yield Row(tuple(zip(headings, row, strict=False)))


def inner(text: str, cell: Cell) -> tuple[int, int]:
    """Where the content of a cell stands, without the marks around it."""
    start, end = cell.start, cell.end
    while start < end and text[start] in "`*_":
        start += 1
    while end > start and text[end - 1] in "`*_":
        end -= 1
    return start, end
