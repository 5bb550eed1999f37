"""Search without a server: an index of static files that a reader's own browser asks.

* ``terms``, ``stems``, ``stops``: from a text to what is looked for. ``scripts/search/terms.js``
  does the same in the browser; ``tests/vectors/search`` holds the two to each other.
* ``entries``: what the index knows of one story.
* ``postings``, ``shards``, ``segments``: the files of the index, and how they change.
* ``merging``: many small segments into one large.
* ``asking``: from a question to the stories, as ``scripts/search/asking.js`` does it.

No Django and no network in here; files are read and written by whoever calls.
docs/decisions/0014-search.md says why it is so.
"""
