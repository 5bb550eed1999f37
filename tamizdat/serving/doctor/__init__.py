"""The doctor: what is misconfigured, expiring, unreachable or not backed up, and the mend.

Rules:

* Each check is one small function that yields findings. One that breaks is itself a finding and
  keeps no other from looking.
* Nothing is changed, and nothing is asked of a machine that is not the newsroom's own, but of its
  mail servers, of the name server, and by pip-audit where somebody installed it. ``--offline`` asks
  nothing of any.
* Every question to another program or machine has an end.
* A finding never holds an address of a person, a password, a key or a story's words.

The table of the checks is ``rounds.GROUPS``. This package is imported before Django is set up, so
nothing is imported here.
"""
