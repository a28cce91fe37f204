"""«26.11.2026», «26.11.2026 09:03»: short enough for a column, and sorted by eye."""

DATE_FORMAT = "d.m.Y"
DATETIME_FORMAT = "d.m.Y\xa0H:i"
