"""Issues to subscribers, each exactly once.

Pure, without Django: ``stencil`` and ``message`` (a mail is made once, and filled in for each
person), ``marks`` (the ids that it bears), ``dkim``; ``replies``, ``talking`` and ``smtp`` (a line
to a server); ``throttling``, ``relays``, ``journal``. On the people's database: ``sendings`` and
``laying`` (what editors ask for), ``claims``, ``booking`` and ``outcomes``. ``loop`` joins all of
them, and ``crew`` keeps one loop for each core.

Rules:

1. A delivery goes ready → claimed → sent, deferred, failed, uncertain or left. There is one for an
   issue and a subscription: a unique row says so, whatever runs twice.
2. Before the last bytes of a mail are written, the journal says that they are about to be. Who dies
   between that and the commit leaves the delivery *uncertain*: it is shown, and nobody sends it
   again but an editor who chose to.
3. What was surely not taken is tried again, for three days. What was refused is not.
4. No log, row or message of ours holds an address: a domain is a keyed hash, an id too.
"""
