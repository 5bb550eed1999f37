"""Tamizdat: a publishing system for newsrooms that are banned in the country they report on."""

__version__ = "0.1.0"
