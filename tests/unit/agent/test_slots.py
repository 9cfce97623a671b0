"""Change slots: one holder, first come first served, whatever is cancelled or late."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.agent.calls import call
from tests.unit.agent.loop import run
from virtbus.agent.slots import MAX_WAITING, Slots
from virtbus.errors import Busy
from virtbus.operations import domain

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from([0.02, 10.0])),
        st.tuples(st.just("done"), st.integers(0, 9)),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("sleep"), st.sampled_from([0.0, 0.0, 0.03])),
    ),
    max_size=25,
)


class Line:
    """Those who hold or want one slot, each a task that holds it until it is told to let go."""

    def __init__(self) -> None:
        self.slots = Slots()
        self.holding: list[int] = []
        self.served: list[int] = []
        self.refused: list[int] = []
        self.doors: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    def come(self, seconds: float) -> None:
        number = len(self.tasks)
        self.doors.append(asyncio.Event())
        self.tasks.append(asyncio.create_task(self._hold(number, seconds)))

    async def _hold(self, number: int, seconds: float) -> None:
        try:
            async with self.slots.hold("domain x", call(seconds=seconds)):
                self.holding.append(number)
                self.served.append(number)
                assert self.holding == [number], "two hold one slot"
                try:
                    await self.doors[number].wait()
                finally:
                    self.holding.remove(number)
        except Busy:
            self.refused.append(number)

    async def step(self, what: str, value: Any) -> None:
        if what == "come":
            self.come(value)
        elif what == "sleep":
            await asyncio.sleep(value)
        elif self.tasks:
            number = value % len(self.tasks)
            if what == "done":
                self.doors[number].set()
            else:
                self.tasks[number].cancel()

    async def end(self) -> None:
        for door in self.doors:
            door.set()
        await asyncio.wait_for(asyncio.gather(*self.tasks, return_exceptions=True), 5.0)


@settings(max_examples=150)
@given(STEPS)
def test_one_holds_in_order_and_nobody_is_forgotten(steps: list[tuple[str, Any]]) -> None:
    async def work() -> None:
        line = Line()
        for what, value in steps:
            await line.step(what, value)
        await line.end()
        assert line.served == sorted(line.served), "not in order of arrival"
        assert line.slots.status() == (), "a slot is left over"
        assert not set(line.served) & set(line.refused)
        for number, task in enumerate(line.tasks):
            assert task.cancelled() or number in line.served or number in line.refused
            assert task.cancelled() or task.exception() is None

    run(work(), collect=False)


def test_busy_names_the_holder() -> None:
    async def work() -> Busy:
        slots, holder = Slots(), call(seconds=30.0)
        async with slots.hold("domain x", holder):
            with pytest.raises(Busy) as caught:
                async with slots.hold("domain x", call(seconds=0.01)):
                    raise AssertionError("two hold one slot")
        assert caught.value.details["request_id"] == holder.id.hex()
        return caught.value

    busy = run(work())
    assert set(busy.details) == set(Busy.fields)
    assert busy.details["operation"] == "domain.suspend"
    since_ms, deadline_ms = busy.details["since_ms"], busy.details["deadline_ms"]
    assert isinstance(since_ms, int)
    assert isinstance(deadline_ms, int)
    assert deadline_ms - since_ms == pytest.approx(30_000, abs=50)


def test_a_handlers_own_timeout_at_the_same_instant_is_busy_too() -> None:
    async def work() -> None:
        slots, late = Slots(), call(domain.Define, seconds=0.02)

        async def handler() -> None:
            async with asyncio.timeout_at(late.deadline), slots.hold("domain x", late):
                raise AssertionError("two hold one slot")

        async with slots.hold("domain x", call()):
            with pytest.raises(Busy):
                await handler()

    for _ in range(20):
        run(work())


def test_the_line_is_bounded() -> None:
    async def work() -> None:
        line = Line()
        for _ in range(MAX_WAITING + 3):
            line.come(10.0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert line.refused == [MAX_WAITING + 1, MAX_WAITING + 2]
        await line.end()

    run(work())


def test_other_objects_are_not_waited_for() -> None:
    async def work() -> None:
        slots = Slots()
        async with (
            slots.hold("domain x", call()),
            slots.hold("domain y", call(seconds=0.01)),
        ):
            assert {each.slot for each in slots.status()} == {"domain x", "domain y"}

    run(work())
