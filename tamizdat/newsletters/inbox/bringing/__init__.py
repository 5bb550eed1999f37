"""Subscribers that a newsroom brings along from elsewhere.

``lists`` reads files, ``forms`` says what other systems mean by their lines; ``writing`` says what
would become of each, or does it.
"""
