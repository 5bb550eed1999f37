"""Subscribers that a newsroom brings along from elsewhere.

``lists`` reads files of other systems; ``writing`` says what would become of each line, or does it.
"""
