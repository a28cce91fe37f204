"""How Django itself writes dates in the office's lists: as the portal does (cabinet/formats.py)."""
