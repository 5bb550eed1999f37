"""The inbox: mail that comes in, what providers tell of mail that went out, lists brought along.

* ``letters``, ``authentication``, ``reports``, ``sorting``: what a mail says and what it asks for.
  Pure: no Django, no network.
* ``stories``, ``plainly``, ``replies``: a story as text, for who asks for it by mail.
* ``taking``: carries out what a mail asks for, once. ``boxes`` and ``staying`` bring mails in.
* ``hooks``: what mail providers report to the desk.
* ``bringing``: subscribers from other systems.
* ``mailbox``: a demo's letters in a browser.
"""
