"""The demo's mailbox: what lies in the folder outbox, in a browser on this machine.

Rules:

1. It listens on 127.0.0.1 and nowhere else, and answers to that name and localhost alone.
2. It reads one folder of ``.eml`` files and changes nothing. GET and HEAD; no cookie, no log.
3. What it shows loads nothing: ``default-src 'none'``. A mail's HTML stands in a frame of its own
   that runs no script, sends no form and loads no picture from anywhere; pictures that the mail
   carries are shown. Links open in a new tab, and tell no referrer.
4. Everything in a mail is a stranger's text.
"""
