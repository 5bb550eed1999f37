"""Newsletters: a newsletter has issues; a delivery is one issue to one subscriber.

Four apps, so that the desk and the sender load no CMS:

* this one: the pages that editors write, how an issue drafts itself, what it looks like;
* ``subscribers``: who asked for which newsletter, and the forms to say so;
* ``sender``: issues to subscribers, each exactly once;
* ``inbox``: mail that comes in, and lists that are brought along or taken away.
"""
