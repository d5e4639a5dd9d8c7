"""Time stamps of seals: whose they are, what they are over, and when (S12; RFC 3161)."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import keys, pem
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.tools import pki, signing_path, signing_trust
from app.tools.signing import Signer
from app.tools.signing_time import Judge

DIGEST = hashlib.sha256(b"seal").hexdigest()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Authorities of our own."""
    made = tmp_path_factory.mktemp("own")
    pki._authorities(made)
    return made


def token(folder: Path, at: datetime | None = None, certificate: str = "tsa.pem", key: str = "tsa.key") -> bytes:
    """A token of a folder's authority, at a time it claims."""
    chain = signing_trust.Trust.of(folder)
    _kind, _headers, der = pem.unarmor((folder / key).read_bytes())
    stamper = DummyTimeStamper(signing_trust.certificates(folder / certificate)[0], keys.PrivateKeyInfo.load(der),
                               certs_to_embed=SimpleCertificateStore.from_certs([*chain.chain, *chain.roots]),
                               fixed_dt=at)
    return signing_path.run(stamper.async_timestamp(bytes.fromhex(DIGEST), "sha256")).dump()


def test_s12_a_stamp_of_the_trusted_authority_counts(folder: Path) -> None:
    found = Judge.of(folder).judge(Signer(folder).time_stamp(bytes.fromhex(DIGEST)), DIGEST)
    assert found.problem == "" and abs(found.at - datetime.now(UTC)) < timedelta(minutes=5)


def test_s12_each_false_stamp_is_called_by_its_fault(folder: Path, tmp_path: Path) -> None:
    pki._authorities(tmp_path)  # the same names, other keys
    judge, good, now = Judge.of(folder), token(folder), datetime.now(UTC)
    ends = signing_trust.certificates(folder / "tsa.pem")[0].not_valid_after
    assert judge.judge(good, "0" * 64).problem == "other"
    assert judge.judge(b"no token", DIGEST).problem == "unreadable"
    assert judge.judge(good[:-20], DIGEST).problem == "unreadable"
    flipped = bytearray(good)
    flipped[-5] ^= 1  # the last bytes are the signature
    assert judge.judge(bytes(flipped), DIGEST).problem == "false"
    assert judge.judge(token(tmp_path), DIGEST).problem == "stranger"
    issuing = token(folder, certificate="chain/issuing.pem", key="ca/issuing.key")
    assert judge.judge(issuing, DIGEST).problem == "stranger", "trusted, but not for time stamping"
    for at in (ends + timedelta(days=1), now - timedelta(days=4000)):
        assert judge.judge(token(folder, at), DIGEST).problem == "expired", at
    assert judge.judge(good, DIGEST).problem == "", "one that was judged before hides nothing"
