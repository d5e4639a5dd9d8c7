"""Art. 6.3, NĐ 23/2025 Art. 16: what was not known of a signature at arrival is judged again when it may be known."""

import json
from datetime import timedelta

import pytest
from authorities import running
from doors import Browser
from steps import Office, arrived, quick, send, signed_pdf
from test_signing_pages import set_up

from app import worker
from app.engine import instance as instances
from app.engine import replay
from app.records import history
from app.regulation.incoming import recheck
from app.tools import pki
from app.web.moment import now


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def verdict_of(stc, document):
    told = json.loads(Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{document}/chu-ky.json").text)
    return told["verdict"], told["first"] and told["first"]["verdict"]


def judged_again(stc, document, at=None):
    with stc.inside():
        return [recheck.again(key, stc.app.extensions["tools"], at or now())
                for key in recheck.waiting(at or now()) if key == document]


@pytest.fixture
def unknown(stc, world):
    """A letter that came when nobody could tell whether its certificates are revoked; the lists, put aside."""
    letter = signed_pdf(stc.app, level="B-T")  # who signed put no lists into the file
    lists = {path: path.read_bytes() for path in (world.config.pki / "crl").glob("*.crl")}
    for path in lists:
        path.unlink()
    send(stc.app, letter)
    document = arrived(stc)
    assert verdict_of(stc, document) == ("indeterminate", None) and lists
    return document, lists


def test_nd_23_16_it_is_judged_again_once_revocation_is_known(stc, unknown):
    document, lists = unknown
    assert judged_again(stc, document) == [False]  # still unknown: no act
    for path, data in lists.items():
        path.write_bytes(data)
    assert judged_again(stc, document, now() + timedelta(days=61)) == []  # nobody waits for it any more
    worker.use(stc.app)
    worker.run_recheck(agency_id=stc.agency_id)
    assert judged_again(stc, document) == []
    assert verdict_of(stc, document) == ("3.3.b", "indeterminate")
    assert "Khi văn bản đến" in Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{document}/chu-ky").text
    with stc.inside():
        [act] = [one for one in history.course(f"document:{document}") if one.kind == "signature_rechecked"]
        assert act.actor_id is None
        assert replay.replay(instances.of_document(document)).difference == ""
    assert stc.faults() == []
    assert stc.faults(f"update document set verdict = '{{}}' where id = {document}")


def test_nd_23_16_a_certificate_that_turns_out_revoked_is_found(stc, unknown, world):
    document, lists = unknown
    for path, data in lists.items():
        path.write_bytes(data)
    pki.revoke(world.config.pki, "person-vpubnd.lanhdao", now() - timedelta(days=1))
    assert judged_again(stc, document) == [True]
    assert verdict_of(stc, document) == ("invalid", "indeterminate")


def test_nd_23_16_lists_are_fetched_each_hour_and_their_place_may_be_away(stc, unknown, world):
    document, _ = unknown
    with running(world.config.pki) as there:
        set_up(stc, crl_urls=f"{there.url}/crl")
        there.fails = {"/crl"}
        prover = stc.app.extensions["tools"].signer.prover
        assert not prover.renew() and judged_again(stc, document) == [False]


def test_nd_23_16_where_many_wait_each_has_its_turn(stc, unknown, monkeypatch):
    first, _ = unknown
    documents = [first]
    for number in ("13", "14"):
        send(stc.app, signed_pdf(stc.app, level="B-T"), number=number)
        documents.append(arrived(stc))
    monkeypatch.setattr(recheck, "TOGETHER", 2)
    with stc.inside():
        hours = [recheck.waiting(now() + timedelta(hours=hour)) for hour in range(2)]
        assert [len(one) for one in hours] == [2, 2] and sorted({*hours[0], *hours[1]}) == sorted(documents)
        monkeypatch.setattr(recheck, "TOGETHER", 3)
        assert sorted(recheck.waiting(now())) == sorted(documents)
