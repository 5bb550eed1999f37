"""Money: from a pledge to the ledger, without a cent lost.

``amounts`` and ``rates`` know currencies; ``models`` what is kept; ``pledging`` writes a
contribution down, ``till`` is the one process that speaks with providers; ``settling`` turns what a
provider says into states and postings, whoever heard of it (``webhooks``, ``reconciling``,
``renewing``); ``ledger`` keeps the books, ``meter`` reads them.

Rules:

1. A row is committed before money moves. The idempotency key is born with the row.
2. Silence is no answer: a payment whose fate is unknown is *unknown* until it was fetched again,
   and it is asked for again with the same key alone.
3. A state changes by a conditional UPDATE, along the moves that its model names.
4. Whatever an event says, the thing is fetched again, and only that counts. So any order,
   doubling or loss of events ends in the same ledger.
5. The ledger is only added to. Each posting takes from one account and gives to another, so its sum
   is zero always. What was posted for a deed is posted once.
6. What a provider calls a thing is kept sealed, and found by a keyed hash (``handles``).
7. A day is kept, never a moment, where a moment could be matched with a bank's line.
"""
