"""Giving: the desk's pages on which a supporter gives, and has herself reminded to.

Rules, each held by a test:

1. The country question comes first (``answers``, ``policy``). Who is refused leaves nothing: no
   row, no line, no question to the till; the same address and title, and only those other ways to
   help that counsel has dated as lawful there.
2. Her answers travel in the form. They are judged anew with every step, and never stored.
3. The key of a contribution is born in our first dynamic page: of many posts of one form comes one.
4. Nothing goes to a processor but what ``money.providers`` names: no note and no address.
5. What she tells us besides (address, note) is sealed before it is written (``models``).
6. All of it works without scripts, and asks no other host until the processor's own page.
"""
