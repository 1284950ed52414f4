"""Who else is here: told from process to process, forgotten when a process falls silent."""

from __future__ import annotations

from app.presence import BEAT_S, MOST_NAMED, SILENT_S, Presence


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def told(one: Presence) -> str:
    news = one.news()
    assert news is not None
    return news


def test_each_process_knows_all_and_each_name_once() -> None:
    clock = Clock()
    here, there = Presence(clock), Presence(clock)
    here.come("live", "甲")
    here.come("live", "甲")
    there.come("live", "甲")
    there.come("live", "乙")
    there.come("d1", "丙")
    here.hear(told(there))
    assert here.people("live") == ("乙", "甲") and here.people("d1") == ("丙",)
    here.go("live", "甲")
    assert here.people("live") == ("乙", "甲"), "his other window is still open"


def test_news_are_told_at_once_and_else_now_and_then() -> None:
    clock = Clock()
    one = Presence(clock)
    told(one)
    assert one.news() is None
    one.come("live", "甲")
    told(one)
    assert one.news() is None
    clock.now += BEAT_S
    told(one)


def test_who_falls_silent_is_gone_and_what_is_no_news_is_passed_over() -> None:
    clock = Clock()
    here, there = Presence(clock), Presence(clock)
    there.come("live", "乙")
    here.hear(told(there))
    for nonsense in ("", "{", "[1]", "[1, 2]", '["x", {"live": 3}]', "null"):
        here.hear(nonsense)
    clock.now += SILENT_S - 0.1
    assert here.people("live") == ("乙",)
    clock.now += 0.2
    assert here.people("live") == ()


def test_what_is_told_fits_a_notification() -> None:
    one = Presence(Clock())
    for number in range(500):
        one.come("live", f"值班员{number:04d}号")
    assert len(told(one).encode()) < 8000 and MOST_NAMED <= 60

