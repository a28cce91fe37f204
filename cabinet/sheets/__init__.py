"""Tables out and in: CSV and XLSX as Excel and 1С write and read them.

Out: `csv_bytes`, `xlsx_bytes` (or `workbook_bytes` with several `Sheet`s) and `table_response`. In:
`read_table`, which gives a `Table` of text cells or refuses with a sentence (`SheetRefused`).
What may be a formula goes out as text and comes back as it was.
"""

from cabinet.sheets.reading import read_table
from cabinet.sheets.tables import Limits, Row, SheetRefused, Table, cell_name
from cabinet.sheets.writing import (
    Cell,
    Column,
    Sheet,
    csv_bytes,
    table_response,
    workbook_bytes,
    xlsx_bytes,
)

__all__ = [
    "Cell",
    "Column",
    "Limits",
    "Row",
    "Sheet",
    "SheetRefused",
    "Table",
    "cell_name",
    "csv_bytes",
    "read_table",
    "table_response",
    "workbook_bytes",
    "xlsx_bytes",
]
