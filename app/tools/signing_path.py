"""What is asked of a certificate that signed or stamped: path to an anchor, purpose, strength, revocation.

NĐ 68/2024 Art. 31, 32; NĐ 23/2025 Art. 16. On pyHanko's validator. It never goes to the network, and knows no file.
"""

import asyncio
import re
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from asn1crypto import cms, keys, x509
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.validate import async_validate_path

from app.tools.signing_authority import Told
from app.tools.signing_revoked import around_superseded, in_step, is_after, was_revoked
from app.tools.signing_strength import STRONG_DIGESTS, has_strong_digest, is_strong
from app.tools.signing_trust import Trust

#: what a key must be for: any one of each; a certificate that names no purpose is for all (RFC 5280 4.2.1.12)
_USAGES = {"digital_signature", "non_repudiation"}
_PURPOSES = {"any_extended_key_usage", "email_protection", "microsoft_document_signing",
             "adobe_authentic_documents_trust", "1.3.6.1.5.5.7.3.36"}
_STAMPING = {"time_stamping", "any_extended_key_usage"}

#: organizationIdentifier: an agency's certificate bears it, and a person's may (ETSI EN 319 412-2)
_ORGANISATION = "organization_identifier"
#: what only a person's certificate bears; numbers of cards and passports, as Europe and as authorities here write them
_PERSONAL, _CARD = {"surname", "given_name", "pseudonym", "title"}, re.compile(
    r"(IDC|PAS|PNO)[A-Z]{2}-|(CMND|CCCD|HC)\s*[:-]", re.IGNORECASE)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end in a thread of its own: the caller's may have an event loop already."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def life(certificate: x509.Certificate, moment: datetime) -> dict[str, bool]:
    """Whether it had ended at this moment, and whether it had not begun."""
    return {"expired": moment > certificate.not_valid_after, "not_yet_valid": moment < certificate.not_valid_before}


async def revoked(trust: Trust, path: ValidationPath | None, moment: datetime, *, of_time: bool = False,
                  held: Iterable[x509.Certificate] = ()) -> bool | None:
    """Whether a certificate on a path to an anchor was revoked at this moment; None: that is not known. `held`: those
    that came along, among which another certificate of an authority may be found.
    """
    if path is None:
        return None
    known = replace(trust, chain=[*trust.chain, *held])
    found = await _revoked(known, path, moment, of_time=of_time)
    if not found:
        return found
    others = [await _revoked(known, other, moment, of_time=of_time) for other in around_superseded(
        path, Told(known.crls, known.ocsps, known.chain), moment) if await _is_whole(known, other, moment, of_time)]
    return False if False in others else None if None in others else True


async def _is_whole(trust: Trust, path: ValidationPath, moment: datetime, of_time: bool) -> bool:
    try:
        await async_validate_path(context(trust, moment, NO_REVOCATION, trust.at(moment, of_time=of_time)), path)
    except (PathValidationError, ValueError):
        return False
    return leads_to_time(path) if of_time else leads_to_documents(path)


async def _revoked(trust: Trust, path: ValidationPath, moment: datetime, *, of_time: bool) -> bool | None:
    its = _of_its_life(trust, path)

    def asked(good: Told) -> ValidationContext:
        return context(replace(its, crls=good.lists, ocsps=tuple(good.answers)), moment, REQUIRE_REVINFO,
                       trust.at(moment, of_time=of_time))

    return await was_revoked(path, Told(trust.crls, trust.ocsps, trust.chain),
                             Told(its.crls, its.ocsps, its.chain), asked, moment)


def _of_its_life(trust: Trust, path: ValidationPath) -> Trust:
    """Without lists and answers from after the end of a certificate of the path: an authority strikes those out that
    ended, revoked or not (RFC 5280 3.3). What such a one says against a certificate counts all the same.
    """
    ends = {one.issuer.hashable: one.not_valid_after for one in sorted(
        path.iter_certs(include_root=False), key=lambda one: one.not_valid_after, reverse=True)}
    last = min(ends.values(), default=None)
    return trust if last is None else replace(
        trust, crls=[one for one in trust.crls if not is_after(one, ends.get(one.issuer.hashable))],
        ocsps=tuple(one for one in trust.ocsps if not is_after(one, last)))


def context(trust: Trust, moment: datetime, policy: object, roots: Iterable[x509.Certificate],
            more: Iterable[x509.Certificate] = ()) -> ValidationContext:
    """What pyHanko asks while it follows a path; `more`: certificates that came along, which prove nothing."""
    # a list published after the signature still tells of the time of the signature
    revocation = CertRevTrustPolicy(policy, retroactive_revinfo=True)
    return ValidationContext(trust_roots=list(roots), other_certs=[*trust.chain, *more], ocsps=list(trust.ocsps),
                             crls=in_step(trust.crls, moment), moment=moment, revinfo_policy=revocation,
                             allow_fetching=False)


def is_agencys(certificate: x509.Certificate) -> bool:
    """Whether it says that it is an organisation's: it bears an organisation's code, and nothing of a person."""
    subject = certificate.subject.native
    cards = [str(subject.get(name, "")) for name in ("serial_number", "user_id")]
    return bool(subject.get(_ORGANISATION)) and not _PERSONAL & set(subject) and not any(map(_CARD.match, cards))


def is_for_documents(certificate: x509.Certificate) -> bool:
    """May this key sign documents: by its use and its purpose, where they are limited; an authority's may not."""
    usage, purpose = certificate.key_usage_value, certificate.extended_key_usage_value
    return (not certificate.ca and (usage is None or bool(_USAGES & usage.native))
            and (purpose is None or bool(_PURPOSES & set(purpose.native))))


def is_for_time(certificate: x509.Certificate) -> bool:
    """May this key stamp: it is for that and nothing else, and says so to whoever does not ask (RFC 3161 2.3). Who
    signs documents by the same certificate would say when he signed himself.
    """
    purpose = certificate.extended_key_usage_value
    return (not certificate.ca and purpose is not None and purpose.native == ["time_stamping"]
            and "extended_key_usage" in certificate.critical_extensions)


def may_root(certificate: x509.Certificate, *, of_time: bool) -> bool:
    """May paths to keys that sign documents, or that stamp, begin at this certificate: by the purposes that it names.
    One that stamps itself may, of time.
    """
    purpose = certificate.extended_key_usage_value
    named = None if purpose is None else set(purpose.native)
    if of_time and not certificate.ca:
        return is_for_time(certificate)
    return certificate.ca and (named is None or bool(named & (_STAMPING if of_time else _PURPOSES)))


def leads_to_documents(path: ValidationPath) -> bool:
    """May every authority of a path issue keys that sign documents: a purpose that one names binds those below it; and
    is everything on it said by what is strong.
    """
    return _leads_to(path, _PURPOSES)


def leads_to_time(path: ValidationPath | None) -> bool:
    """The same of keys that stamp, and whether the one at the end may."""
    return path is not None and _leads_to(path, _STAMPING) and is_for_time(
        list(path.iter_certs(include_root=True))[-1])


def _leads_to(path: ValidationPath, purposes: set[str]) -> bool:
    return all(purpose is None or bool(purposes & set(purpose.native)) for purpose in (
        one.extended_key_usage_value for one in path.iter_certs(include_root=True) if one.ca)) and all(
        has_strong_digest(one["signature_algorithm"]) for one in path.iter_certs(include_root=False))


def names_certificate(info: cms.SignerInfo) -> bool:
    """Whether what is signed says by which certificate (ESS, RFC 5035; PAdES wants it, RFC 3161 of stamps). Where it
    does not, another one of the same key can be put beside a signature, as one that was not revoked: nothing covers it.
    """
    return get_signing_cert_attr(info["signed_attrs"]) is not None


def is_strong_stamp(token: cms.SignedData, key: keys.PublicKeyInfo) -> bool:
    """Can nobody have other bytes with the same time stamp, or another's name to it: what it is of, and who made it,
    are told by what is strong, and by which certificate.
    """
    imprint = token["encap_content_info"]["content"].parsed["message_imprint"]
    digests = {imprint["hash_algorithm"]["algorithm"].native,
               *(one["digest_algorithm"]["algorithm"].native for one in token["signer_infos"])}
    return digests <= STRONG_DIGESTS and is_strong(key) and all(map(names_certificate, token["signer_infos"]))
