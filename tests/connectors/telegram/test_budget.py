"""How fast a bot sends, on a clock of its own."""

from connectors.telegram.budget import Budget


class _Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _drain(budget: Budget, time: _Time, chat: int, seconds: float, *, mailing: bool = False) -> int:
    """How many messages pass in so many seconds when somebody always has one."""
    end, sent = time.now + seconds, 0
    while time.now < end:
        wait_s = budget.try_take(chat, mailing=mailing)
        if wait_s:
            time.now = min(time.now + wait_s, end)
        else:
            sent += 1
    return sent


def test_one_chat_gets_one_a_second_after_a_short_burst() -> None:
    time = _Time()
    assert _drain(Budget(30, monotonic=time), time, 1, 10) == 12


def test_a_group_gets_twenty_a_minute() -> None:
    time = _Time()
    budget = Budget(30, monotonic=time)
    assert _drain(budget, time, -1, 60) == 20
    assert _drain(budget, time, -1, 60) == 20


def test_a_mailing_leaves_room_for_answers() -> None:
    """However many messages the mailing has, an answer goes at once."""
    time = _Time()
    budget = Budget(30, monotonic=time)
    sent = sum(budget.try_take(chat, mailing=True) == 0.0 for chat in range(200))
    assert sent == 21
    assert all(budget.try_take(1_000 + chat) == 0.0 for chat in range(9))
    assert budget.try_take(2_000) > 0


def test_the_whole_bot_sends_no_more_than_its_rate() -> None:
    time = _Time()
    budget = Budget(30, monotonic=time)
    sent, chat = 0, 0
    while time.now < 110:
        chat += 1
        wait_s = budget.try_take(chat)
        time.now += wait_s
        sent += not wait_s
    assert 30 * 9 <= sent <= 30 * 10


def test_what_telegram_asks_for_is_obeyed_per_chat_and_in_a_storm_by_all() -> None:
    time = _Time()
    budget = Budget(30, monotonic=time)
    budget.told_to_wait(1, 5)
    assert budget.try_take(1) == 5.0
    assert budget.try_take(2) == 0.0
    budget.told_to_wait(3, 7)
    assert budget.try_take(4) == 7.0
    time.now += 7
    assert budget.try_take(4) == 0.0


def test_an_album_takes_as_many_as_it_has_parts() -> None:
    time = _Time()
    budget = Budget(30, monotonic=time)
    assert budget.try_take(1, 10) == 0.0
    assert budget.try_take(1) == 8.0


def test_in_no_second_there_are_more_than_the_limit() -> None:
    """Also at the beginning, and whatever the rhythm is."""
    time = _Time()
    budget = Budget(30, monotonic=time)
    sent: list[float] = []
    for chat in range(1, 400):
        while wait_s := budget.try_take(chat, mailing=chat % 3 == 0):
            time.now += wait_s
        sent.append(time.now)
        time.now += 0.01 if chat % 50 else 0.7
    assert all(len([other for other in sent if at <= other < at + 1]) <= 30 for at in sent)
