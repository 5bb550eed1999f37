"""Contributions: what a supporter pledged, the payments that came of it, and the ledger of both.

Apps, so that the desk and the back room load no CMS:

* ``money``: amounts, contributions, payments, the ledger, and the providers that move money.

Pages and appeals stand above it.
"""
