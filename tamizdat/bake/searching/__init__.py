"""The search index of the edition: kept up with the pages, and never in their way.

* ``noting``: what each story's page says, as it is made.
* ``books``: the index as the database knows it, and the record of its files.
* ``keeping_up``: small changes, before an edition is sealed.
* ``joining``: large ones, behind everything else, in small steps.

Rules:

* The index is part of the edition: its files are signed with the pages.
* What is withdrawn goes from the index in the same edition as its page, and with it at once every
  file that an earlier manifest names, and every word that only that story had. Where the index
  cannot be written (a full disk), what holds such a story is taken away.
* The manifest is written when all that it names lies there, and recorded with it.
* What added stories superseded stays two days, for readers whose page still has the old manifest.
* Where a file of the index is missing, the whole index is made anew, behind everything else.
"""
