"""Supporters: the portal that is entered by a link, receipts, and the letters about money.

``knocking`` takes who asks to be let in, ``entering`` lets her in; ``history`` reads what she gave,
``deeds`` changes it by way of the till; ``receipts/`` draws; ``telling`` and ``yearly`` make
letters of what ``money`` notes, and ``letters`` words them.

Rules:

1. The answer to who asks to be let in is the same, and as quick, whether an address is known or
   not: the desk does not know it. The post finds out (``taking_up``).
2. A link is opened by a press, once, within ten minutes, in the browser that asked for it.
   What a browser shows to prove that is a cookie, the desk's only one (``desk.doorway``).
3. A session lasts half an hour, from a press on. Its token is kept as a hash.
4. Whoever is in sees and changes her own contributions, and nothing else.
5. What changes money is said first, confirmed, and asked of the provider once: its form's ticket
   is used up by a unique row before the till is asked, and names the question at the provider.
6. A letter has no story, no tracker, no picture and no amount in its subject; it is made in the
   transaction that takes its notice up, so there is one.
7. A receipt's name is typed for that document, and kept nowhere.
"""
