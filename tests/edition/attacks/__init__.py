"""The ten attacks that TUF is there for, by name, against the reader's side.

Each is refused, and the reader keeps the last good edition. Each has a twin: the same attack with
just that check taken out goes through, so it is this check that holds.

The names are those of the TUF specification, 1.5.2.
"""
