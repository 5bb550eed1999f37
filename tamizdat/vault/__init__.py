"""The vault: the only place that can seal, look up and open a person's address.

Promises (docs/decisions/0016):

* An address stands in no table, log or back-up but as a *box*: sealed to the sender's public key
  (``sealing``). Whoever has the database and no private key learns no address.
* It is found by its *index*, a keyed hash (``sealing.index_of``); the key of it lies with the
  vault's process and the back room, not in the database.
* The desk holds no key. It asks the vault's process (``process``, through ``client``), which
  seals and looks up one address at a time, seldom enough, and can neither list nor open.
* Only the sender in the back room, and an operator who typed the passphrase, can open
  (``opening``).
* An off-line recovery key opens everything that stands in the database (``keys``).

``addressing``, ``sealing``, ``keys``, ``passphrase``, ``asking``, ``client`` and ``process`` know
nothing of Django: the desk's and the vault's processes load them.
"""
