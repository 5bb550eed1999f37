"""Receipts: one sheet of paper for a payment, or for a year.

``wording`` holds what counsel has written, by country and day; ``drawing`` makes the PDF, of plain
values. Nothing of either is kept: the sheet is made when it is asked for.
"""
