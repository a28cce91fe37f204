"""Letters that come in: read, recognised, and made a part of the case to which they belong.

`reading` turns bytes into a letter, `quotes` finds what its author wrote, `bounces` and `automatic`
recognise machines, `senders` says who may write into a case, `taking` decides and stores, `tray` is
what the office does with the rest.
"""
