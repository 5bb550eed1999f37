"""The tables of staff: who they are, how they prove it, where they are signed in, what they did.

``people`` comes first: django-otp's models ask for the user model while they are imported.
"""

from tamizdat.accounts.models.people import SHARED_USERNAME, User, new_stamp

from tamizdat.accounts.models.factors import Authenticator, Passkey, RecoveryCode, RecoverySheet  # isort: skip - after people
from tamizdat.accounts.models.records import Head, Record
from tamizdat.accounts.models.requests import TwoPersonRequest
from tamizdat.accounts.models.sessions import Session
from tamizdat.accounts.models.tries import Tries

__all__ = [
    "SHARED_USERNAME",
    "Authenticator",
    "Head",
    "Passkey",
    "Record",
    "RecoveryCode",
    "RecoverySheet",
    "Session",
    "Tries",
    "TwoPersonRequest",
    "User",
    "new_stamp",
]
