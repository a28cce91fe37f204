"""The billing system's data in: a package is taken, judged, merged, told about, undone."""
