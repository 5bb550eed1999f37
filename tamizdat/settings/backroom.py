"""What the programs of the back room know that open addresses and send mail."""

from __future__ import annotations

import os

from tamizdat.settings.common import HOME, text

# How letters go out (tamizdat.desk.post.ways); a password in it belongs into a file (…_FILE).
MAIL = text("TAMIZDAT_MAIL")
MAIL_FROM = text("TAMIZDAT_MAIL_FROM")
MAIL_HELO = text("TAMIZDAT_MAIL_HELO")  # the name that this machine greets with
CONFIRMATIONS_A_DAY = int(text("TAMIZDAT_CONFIRMATIONS_A_DAY", "5000"))  # to all addresses
MAIL_DKIM_SELECTOR = text("TAMIZDAT_MAIL_DKIM_SELECTOR")  # for tamizdat doctor: others sign

# The box in which mail comes in (tamizdat.newsletters.inbox.boxes), best in a file (…_FILE); the
# domain of our addresses (else the sender's); the name of the host that judges senders (RFC 8601).
INBOX = text("TAMIZDAT_INBOX")
INBOX_DOMAIN = text("TAMIZDAT_INBOX_DOMAIN")
INBOX_AUTHSERV = text("TAMIZDAT_INBOX_AUTHSERV")

# How newsletters go out, where there is more to say (tamizdat.newsletters.sender.relays).
RELAYS_FILE = os.environ.get("TAMIZDAT_RELAYS_FILE", "")

VAULT_KEYS_ROOT = HOME / "keys" / "vault"  # what addresses are sealed with (tamizdat.vault.keys)
