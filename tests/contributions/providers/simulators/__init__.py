"""Processors as their public documentation says that they are, over HTTP on this machine.

Each is written from the documentation, shares no code with the adapter that it tries, and is
stricter than the real one where that helps: a parameter that is not documented is refused. What it
does not show stands in each one's docstring.
"""
