"""Those with the same key pass one at a time, whoever leaves the line."""

import asyncio

from hub.store.in_order import InOrder


async def _turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_those_with_the_same_key_pass_one_at_a_time_in_their_order() -> None:
    """Others do not wait for them."""
    in_order, seen = InOrder(), list[str]()

    async def pass_by(key: str, name: str) -> None:
        async with in_order(key):
            seen.append(f"{name} in")
            await _turns(2)
            seen.append(f"{name} out")

    async with asyncio.TaskGroup() as group:
        for key, name in (("a", "1"), ("a", "2"), ("b", "other"), ("a", "3")):
            group.create_task(pass_by(key, name))
    assert [each for each in seen if "other" not in each] == ["1 in", "1 out", "2 in", "2 out", "3 in", "3 out"]
    assert seen.index("other in") < seen.index("1 out")
    assert not in_order.holds("a")


async def test_who_leaves_the_line_holds_nobody_up() -> None:
    """Cancelled while waiting, and cancelled in the moment of being let in."""
    in_order, passed = InOrder(), list[int]()

    async def pass_by(number: int) -> None:
        async with in_order("a"):
            passed.append(number)

    async with in_order("a"):
        waiting = [asyncio.create_task(pass_by(number)) for number in range(5)]
        await _turns()
        assert in_order.is_wanted("a")
        waiting[1].cancel()
        await _turns()
    waiting[0].cancel()  # it has been let in and has not run yet
    waiting[2].cancel()
    await asyncio.wait(waiting)
    assert passed == [3, 4]
    assert [task.cancelled() for task in waiting] == [True, True, True, False, False]
    assert not in_order.holds("a")


async def test_who_fails_inside_lets_the_next_one_in() -> None:
    """The trouble is theirs alone."""
    in_order = InOrder()

    async def fail() -> None:
        async with in_order("a"):
            await _turns()
            raise ValueError

    failing = asyncio.create_task(fail())
    await _turns(1)
    assert in_order.holds("a")
    assert not in_order.is_wanted("a")
    async with in_order("a"):
        assert isinstance(failing.exception(), ValueError)
