"""Tables out and in: CSV and XLSX as Excel and 1С write and read them.

Out: `csv_bytes`, `xlsx_bytes` (or `workbook_bytes` with several `Sheet`s) and `table_response`. In:
`read_table`, which gives a `Table` of text cells or refuses with a sentence (`SheetRefused`).
What may be a formula goes out as text and comes back as it was.

openpyxl is imported on first use: it costs a process 28 MB, and most never make a workbook.
"""

from cabinet.sheets.reading import read_table
from cabinet.sheets.tables import Limits, Row, SheetRefused, Table, cell_name
from cabinet.sheets.writing import (
    Cell,
    Column,
    Figure,
    Sheet,
    csv_bytes,
    file_response,
    table_response,
    workbook_bytes,
    xlsx_bytes,
)

__all__ = [
    "Cell",
    "Column",
    "Figure",
    "Limits",
    "Row",
    "Sheet",
    "SheetRefused",
    "Table",
    "cell_name",
    "csv_bytes",
    "file_response",
    "read_table",
    "table_response",
    "workbook_bytes",
    "xlsx_bytes",
]
