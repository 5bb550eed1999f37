"""The post: takes wishes, finds out who is behind them, opens their boxes and sends letters.

It runs in the back room, for it alone may open. Rules:

1. Unknown or suppressed: nothing is sent, and the wish is gone.
2. A letter goes ready → claimed → gone. It is claimed when the other side has taken both addresses
   and only its text is missing; whoever died after that may have sent it, so it is never sent
   again. Whatever fails before that is tried later.
3. A letter's text is ours with its tokens replaced, once and literally (``letters``).
4. What goes wrong is said by its kind and the other side's number, never with an address.
"""
