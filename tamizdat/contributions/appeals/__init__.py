"""Appeals: what editors ask readers for, where it stands, and how far its goal is reached.

``models`` is what editors write; ``deciding`` says which appeal a view shows, and why; ``showing``
makes values of ``reader.pages`` of it; ``baking`` names the files; ``measuring`` brings what the
ledger says of a goal into the newsroom's database. ``fundraising`` is what
fundraisers see of money.

Rules:

1. A view shows one appeal at most. Which one follows from the appeals, the place, the section and
   the day; never from a reader: nothing of a reader is known, and nothing is counted.
2. What a reader wishes to see no more is kept on her own device, and only when she says so.
3. A goal's meter is a file of its own. When it moves, no page of a story is made again.
4. Nothing here imports stories or the bake: ``tamizdat.wiring`` joins them.
"""
