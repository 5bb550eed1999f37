"""Keys, the ring of those on-line, and the files in which root keys are carried away."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from securesystemslib.formats import encode_canonical

from tamizdat.edition import rootkeys
from tamizdat.edition.keys import (
    DamagedKeys,
    Key,
    Keyring,
    LostKey,
    NoKeys,
    OthersKeys,
    pem_name,
    short,
)
from tamizdat.edition.rootkeys import AGE, CannotKeep, CannotOpen
from tests.edition.keyrooms import CHEAP, ROOT_KEYS, SHAPE, found, holds, read


def pem_of(private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_key_signs_the_same_bytes_alike_and_comes_back_from_its_pem() -> None:
    key = Key.make()
    again = Key.from_pem(key.pem())
    assert again.key_id == key.key_id
    assert again.sign(b"bytes") == key.sign(b"bytes") != key.sign(b"others")
    assert "private" not in repr(key)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"junk",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_another_kind_of_key_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Key.from_pem(pem)


def test_a_folder_without_keys_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(NoKeys, match="tamizdat keys ceremony"):
        Keyring.load(tmp_path)


def test_the_ring_holds_what_the_ceremony_signed(tmp_path: Path) -> None:
    made = found(tmp_path / "keys")
    ring = Keyring.load(tmp_path / "keys")
    assert ring.shape == SHAPE
    assert ring.versions() == {"targets": 1, "pages": 1, "media": 1}
    assert sorted(ring.standing()) == [
        "signed/1.media.json",
        "signed/1.pages.json",
        "signed/1.root.json",
        "signed/1.targets.json",
    ]
    assert ring.standing() == made.standing()
    assert ring.key_id("pages-3") == ring.key_id("pages") != ring.key_id("media-1")
    assert len({ring.key_id(role) for role in ring.keys}) == 5
    (signature,) = ring.sign("pages-3", b"bytes").items()
    assert signature == (ring.key_id("pages"), ring.key("pages").sign(b"bytes"))


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    folder = found(tmp_path / "keys").folder
    for each in (folder, folder / "signed"):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert len(files) == 9
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


def test_files_on_disk_are_json_in_the_order_of_canonical_json(tmp_path: Path) -> None:
    for path, data in found(tmp_path).standing().items():
        value = json.loads(data)
        assert json.dumps(value, sort_keys=True, separators=(",", ":")).encode() == data, path
        # What is signed differs from it in the line ends of public keys alone.
        canonical = (encode_canonical(value["signed"]) or "").encode()
        assert canonical.replace(b"\n", b"\\n") in data, path
        assert read(data).signed_bytes == canonical


@pytest.mark.parametrize("role", ["targets", "pages", "media", "snapshot", "timestamp"])
def test_a_private_key_that_is_gone_keeps_only_its_role_from_signing(
    role: str, tmp_path: Path
) -> None:
    ring = found(tmp_path)
    (tmp_path / pem_name(role, ring.key_id(role))).unlink()
    ring = Keyring.load(tmp_path)
    with pytest.raises(LostKey, match=f"tamizdat keys rotate {role}"):
        ring.sign(role, b"")
    assert len(ring.keys) == 4


@pytest.mark.parametrize("content", [b"", b"junk", ROOT_KEYS[0].pem()])
def test_a_private_key_that_is_another_one_counts_as_gone(content: bytes, tmp_path: Path) -> None:
    ring = found(tmp_path)
    (tmp_path / pem_name("snapshot", ring.key_id("snapshot"))).write_bytes(content)
    assert "snapshot" not in Keyring.load(tmp_path).keys


@pytest.mark.parametrize("role", ["root", "targets", "pages", "media"])
@pytest.mark.parametrize("harm", ["gone", "junk", "altered", "misnamed", "another kind"])
def test_a_signed_file_that_is_not_whole_is_named(role: str, harm: str, tmp_path: Path) -> None:
    found(tmp_path)
    file = tmp_path / "signed" / f"1.{role}.json"
    data = file.read_bytes()
    if harm == "gone":
        file.unlink()
    elif harm == "junk":
        file.write_bytes(b"{}")
    elif harm == "altered":
        file.write_bytes(data.replace(b'"version":1', b'"version":3').replace(b"2027", b"2028"))
    elif harm == "misnamed":
        file.rename(file.with_name(f"2.{role}.json"))
    else:
        other = "targets" if role == "root" else "root"
        file.write_bytes((tmp_path / "signed" / f"1.{other}.json").read_bytes())
    named = "holds no keys" if (role, harm) == ("root", "gone") else rf"\.{role}\.json"
    with pytest.raises((DamagedKeys, NoKeys), match=named):
        Keyring.load(tmp_path)


def test_a_file_that_only_looks_like_a_root_is_left_aside(tmp_path: Path) -> None:
    folder = found(tmp_path).folder
    (folder / "signed/copy.root.json").write_bytes(b"{}")
    assert Keyring.load(folder).root.version == 1


def test_a_gap_in_the_chain_of_roots_is_named(tmp_path: Path) -> None:
    found(tmp_path)
    (tmp_path / "signed" / "3.root.json").write_bytes(b"{}")
    with pytest.raises(DamagedKeys, match=r"2\.root\.json is missing"):
        Keyring.load(tmp_path)


def test_tidying_takes_away_what_is_not_in_force(tmp_path: Path) -> None:
    ring = found(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / "pages-0123456789abcdef.pem").write_bytes(b"")
    (tmp_path / "signed" / "7.pages.json").write_bytes(b"{}")
    ring.tidy()
    assert sorted(tmp_path.rglob("*")) == before


def test_root_verifies_itself_and_what_it_names(tmp_path: Path) -> None:
    ring = found(tmp_path)
    files = ring.standing()
    assert holds(ring.root, "root", files["signed/1.root.json"])
    assert holds(ring.root, "targets", files["signed/1.targets.json"])
    assert ring.root.roles["root"].threshold == 2
    assert ring.root.consistent_snapshot is True


# Root keys in files


def test_a_root_key_opens_with_its_passphrase_and_no_other(tmp_path: Path) -> None:
    file = rootkeys.keep(ROOT_KEYS[0], tmp_path / "stick", 1, "six words", CHEAP)
    assert file == tmp_path / "stick" / "root-1.age"
    assert rootkeys.open_file(file, "six words", CHEAP).key_id == ROOT_KEYS[0].key_id
    with pytest.raises(CannotOpen, match="does not open with this passphrase"):
        rootkeys.open_file(file, "other words", CHEAP)


def test_what_lies_beside_a_root_key_says_which_it_is_without_a_passphrase(tmp_path: Path) -> None:
    file = rootkeys.keep(ROOT_KEYS[0], tmp_path, 1, "six words", CHEAP)
    assert rootkeys.key_id_of(file) == ROOT_KEYS[0].key_id
    assert "BEGIN PUBLIC KEY" in file.with_suffix(".pub").read_text()
    assert rootkeys.key_id_of(tmp_path / "root-2.age") is None
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}


def test_a_root_key_is_never_written_over(tmp_path: Path) -> None:
    file = rootkeys.keep(ROOT_KEYS[0], tmp_path, 1, "six words", CHEAP)
    kept = file.read_bytes()
    with pytest.raises(CannotKeep, match="never written over"):
        rootkeys.keep(ROOT_KEYS[1], tmp_path, 1, "six words", CHEAP)
    assert file.read_bytes() == kept
    assert rootkeys.next_number(tmp_path, tmp_path / "none") == 2


def test_numbers_of_root_keys_go_on_after_the_greatest(tmp_path: Path) -> None:
    for name in ("root-4.pub", "root-9.age", "root-x.age", "boot-12.age", "root-0.age"):
        (tmp_path / name).touch()
    assert rootkeys.next_number(tmp_path) == 10
    assert rootkeys.next_number() == 1


def test_a_stick_that_cannot_be_written_or_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotKeep, match="cannot be written"):
        rootkeys.keep(ROOT_KEYS[0], tmp_path / "file" / "stick", 1, "six words", CHEAP)
    with pytest.raises(CannotOpen, match="cannot be read"):
        rootkeys.open_file(tmp_path / "root-1.age", "six words", CHEAP)
    (tmp_path / "root-1.age").write_bytes(b"six words\nno key")
    with pytest.raises(CannotOpen, match="holds no key of ours"):
        rootkeys.open_file(tmp_path / "root-1.age", "six words", CHEAP)


def test_root_keys_are_sealed_as_age_files(tmp_path: Path) -> None:
    # Once, with the real cost: scrypt as age chooses it.
    sealed = AGE.seal(ROOT_KEYS[0].pem(), "six words")
    assert sealed.startswith(b"age-encryption.org/v1\n-> scrypt ")
    (tmp_path / "root-1.age").write_bytes(sealed)
    assert rootkeys.open_file(tmp_path / "root-1.age", "six words").key_id == ROOT_KEYS[0].key_id
    (tmp_path / "root-1.age").write_bytes(sealed[:60])
    with pytest.raises(CannotOpen):
        rootkeys.open_file(tmp_path / "root-1.age", "six words")


def test_an_age_identity_may_stand_in_a_passphrases_place(tmp_path: Path) -> None:
    one, other = rootkeys.new_identity(), rootkeys.new_identity()
    file = rootkeys.keep(ROOT_KEYS[0], tmp_path, 1, one)
    assert file.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert rootkeys.open_file(file, one).key_id == ROOT_KEYS[0].key_id
    with pytest.raises(CannotOpen, match="does not open"):
        rootkeys.open_file(file, other)
    with pytest.raises(CannotOpen, match="a whole age identity"):
        rootkeys.open_file(file, one[:-1])


def test_a_short_key_id_is_how_people_know_it() -> None:
    assert short(ROOT_KEYS[0].key_id) == ROOT_KEYS[0].key_id[:8]


def test_what_a_write_that_was_cut_off_left_aside_is_tidied_away(tmp_path: Path) -> None:
    ring = found(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / ".pages-0123456789abcdef.pem.new").write_bytes(b"a private key")
    (tmp_path / "signed" / ".7.pages.json.new").write_bytes(b"{")
    ring.tidy()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("deed", ["iterdir", "read_bytes"])
def test_keys_of_another_user_are_said_to_be_so(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(tmp_path)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, deed, refuse)
    with pytest.raises(OthersKeys, match="cannot be read by this user; be the one who owns"):
        Keyring.load(tmp_path)
