"""A processor of payments to try things with: a program of its own, that moves no money.

    python -m tamizdat.contributions.money.providers.processor --data FILE --port N

It behaves as real ones do, over HTTP on this machine alone: hosted pages on which a supporter
approves, declines or is asked by the bank; keys that replay the same answer and refuse other
values; lists in pages; agreements that are billed as its clock goes on; refunds, disputes and
payouts; signed messages that come late, doubled, out of order or never; replies that are lost.

``store`` keeps things, ``deeds`` does what is asked, ``billing`` follows the clock, ``messages``
sends webhooks, ``pages`` draws what a supporter sees, ``answering`` is the API, ``serving`` the
server. It shares no code with the newsroom's side but the calendar.
"""
