"""What we sign, another's program verifies; what was changed on the way, it does not."""

from __future__ import annotations

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.newsletters.sender.dkim import OVERSIGNED, BadKey, Signed, Signer
from tamizdat.newsletters.sender.message import Content, make
from tests.newsletters.sender.test_message import HTML, PICTURE, TEXT, VALUES, headers

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SIGNER = Signer(KEY, "lantern.example", "n1")


def verifies(data: bytes) -> bool:
    def found(name: bytes, timeout: float = 5) -> bytes | None:
        return SIGNER.record.encode() if name == b"n1._domainkey.lantern.example." else None

    return bool(dkim.verify(data, dnsfunc=found))


def signed(content: Content, **changes: object) -> bytes:
    return Signed(make(content, headers(**changes)), SIGNER).fill(VALUES)


@pytest.mark.parametrize("text", [
    TEXT,
    "Две  пробела,\tтабуляция  и хвост   \n\n\n..точки\n" + TEXT + "\n\n\n",
    "two  blanks, a\ttab and a tail   \n\n\n..dots\n" + TEXT + "  \n \n",
])  # fmt: skip
def test_dkimpy_verifies_what_we_sign(text: str) -> None:
    content = Content("Плотина  держится", f"<div>\n   {text}  </div>", text, [PICTURE])
    assert verifies(signed(content))
    assert verifies(signed(content, list_name="Письмо", sender_name="Фонарь, вечер"))


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_characters="[]\r", exclude_categories=("Cs",)), min_size=1))
def test_dkimpy_verifies_whatever_the_text_holds(text: str) -> None:
    assert verifies(signed(Content("x", f"<p>{text}</p>[[leave]]", f"a{text}[[leave]]\n")))


@pytest.mark.parametrize(("old", "new"), [
    (b"From: ", b"From: x "),
    (b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"),
    (b"The dam holds.", b"The dam breaks."),
    (b"\r\n--=_", b"\r\nmore\r\n--=_"),
    (b"MIME-Version", b"From: <other@example.org>\r\nMIME-Version"),
    (b"MIME-Version", b"Subject: other\r\nMIME-Version"),
])  # fmt: skip
def test_what_was_changed_on_the_way_does_not_verify(old: bytes, new: bytes) -> None:
    data = signed(Content("x", HTML, TEXT))
    assert old in data
    assert verifies(data)
    assert not verifies(data.replace(old, new, 1))


def test_every_field_is_signed_and_some_cannot_be_added() -> None:
    data = signed(Content("x", HTML, TEXT))
    header = data.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", "")
    lines = header.split("\r\n")
    listed = lines[0].partition("; h=")[2].partition(";")[0].replace(" ", "").split(":")
    if not listed[0]:
        listed = lines[0].partition("h=")[2].partition(";")[0].split(":")
    names = [line.partition(":")[0].lower() for line in lines[1:]]
    assert sorted(listed) == sorted([*names, *OVERSIGNED])
    assert "list-unsubscribe" in listed
    assert "list-unsubscribe-post" in listed


def test_the_same_mail_has_the_same_bytes_whenever_it_is_sent() -> None:
    content = Content("x", HTML, TEXT)
    assert signed(content) == signed(content)
    assert b" t=" not in signed(content).partition(b"\r\n\r\n")[0]


def test_keys_that_cannot_sign_say_what_was_expected() -> None:
    def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    assert Signer.load(pem(KEY), "lantern.example", "n1").record == SIGNER.record
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(BadKey, match="2048 bits, found 1024"):
        Signer.load(pem(short), "lantern.example", "n1")
    with pytest.raises(BadKey, match="found another kind"):
        Signer.load(pem(ec.generate_private_key(ec.SECP256R1())), "lantern.example", "n1")
    with pytest.raises(BadKey, match="in PEM"):
        Signer.load(b"nothing", "lantern.example", "n1")
