"""What an edition is: a tree of natural paths and complete files, sealed. No Django, no network.

An edition is a repository of The Update Framework (TUF, specification 1.0, numbers in brackets).
The rules by which it is made; each names the module that holds to it:

1. *Root* is signed off-line by a threshold of keys that no server holds, and names the keys of
   targets, snapshot and timestamp (2.1.1). ``ceremony``, ``rootkeys``
2. A new root is signed by the old root's threshold and by its own, and its version is the old one
   and one; every root stays in the edition, so that a reader of any age can follow (5.3).
   ``ceremony``, ``keys``
3. Every role has keys of its own, and one key's loss is mended by naming another (6.1).
   ``ceremony``
4. *Targets* lists no file. It delegates to *media* by path and then to *pages* by all hashes,
   both terminating; each shares its files out to bins, which always all exist (4.5, TAP 15).
   ``roles``, ``ceremony``
5. A file is listed in the one bin that its path falls into, by the SHA-256 and length of its
   plain bytes. It keeps its natural name, so that any static host serves an edition; the
   specification would have the hash in it (6.2.1; python-tuf: ``prefix_targets_with_hash``).
   ``sealing``
6. *Snapshot* fixes the version of every targets file, so that no two editions can be mixed, and
   no role ever vanishes from it (4.4, 5.5). Its version is the edition's number. ``sealing``
7. *Timestamp* names the newest snapshot and is signed every day (4.6). ``sealing``
8. Versions only rise, whatever is lost: what stands on disk counts, not only what the database
   remembers. ``sealing.numbers``
9. What is signed runs out (4.2.2): timestamp after a day, snapshot after a week, all others after a
   year; each is signed again when half of that has gone. ``roles``, ``sealing.is_due``
10. All metadata but timestamp bears its version in its name and is never written over, so that a
   reader in the midst of an older edition still finds it whole (6.2). ``roles.file_name``
11. The same content, keys and clock make the same bytes: canonical JSON, deterministic
   signatures. ``canonical``, ``keys``

Against the specification's goals (1.5), the keys that list files are on-line, because every publish
is signed: docs/decisions/0010-signing.md says what that costs and what root still gives.
"""
