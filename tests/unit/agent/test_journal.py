"""The journal of changes: one id is one execution of one sender's one operation."""

from pathlib import Path

import pytest

from tests.unit.agent.calls import call
from tests.unit.agent.loop import run
from virtbus.agent.journal import KEPT, Journal, Outcome
from virtbus.agent.store import Store
from virtbus.errors import ErrorBody, InvalidArgument
from virtbus.operations import domain
from virtbus.wire.frames import Kind, decode_body

DONE = Outcome(int(Kind.REPLY), b"\xc0")
ID = b"i" * 16


def test_an_outcome_is_given_again_and_nothing_else(tmp_path: Path) -> None:
    async def work() -> None:
        store = Store(tmp_path / "s.sqlite")
        journal = Journal(store)
        await journal.open()
        first = call(id=ID)
        assert await journal.begin(first) is None
        await journal.finish(first, DONE)
        assert await journal.begin(call(id=ID)) == DONE
        for other in (call(domain.Start, id=ID), call(id=ID, sender="uid=1 gid=1 pid=1")):
            with pytest.raises(InvalidArgument) as caught:
                await journal.begin(other)
            assert caught.value.details["field"] == "id"
        await store.close()
        store = Store(tmp_path / "s.sqlite")
        journal = Journal(store)
        await journal.open()
        assert await journal.begin(call(id=ID)) == DONE
        await store.close()

    run(work())


@pytest.mark.parametrize("restarted", [False, True])
def test_what_has_no_outcome_was_interrupted_and_is_not_done_again(
    tmp_path: Path, restarted: bool
) -> None:
    async def work() -> None:
        store = Store(tmp_path / "s.sqlite")
        journal = Journal(store)
        assert await journal.begin(call(id=ID)) is None
        if restarted:
            await store.close()
            store = Store(tmp_path / "s.sqlite")
            journal = Journal(store)
            await journal.open()
        outcome = await journal.begin(call(id=ID))
        assert outcome is not None
        body = decode_body(outcome.body, ErrorBody)
        assert (outcome.kind, body.code) == (Kind.ERROR, "interrupted")
        assert body.details == {"operation": "domain.suspend"}
        await store.close()

    run(work())


def test_the_journal_is_bounded() -> None:
    async def work() -> None:
        store = Store(None)
        journal = Journal(store)
        for number in range(KEPT + 1200):
            each = call(id=number.to_bytes(16, "big"))
            await journal.begin(each)
            await journal.finish(each, DONE)
        ((count,),) = await store.read("SELECT count(*) FROM journal")
        assert KEPT <= count <= KEPT + 500
        recent = call(id=(KEPT + 1199).to_bytes(16, "big"))
        assert await journal.begin(recent) == DONE
        await store.close()

    run(work())
