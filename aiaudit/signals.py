"""What ends the program from outside: an interrupt, SIGTERM, SIGHUP. All of them leave nothing half done behind."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Final

_STOPS: Final = frozenset(s for name in ("SIGINT", "SIGTERM", "SIGHUP") if (s := getattr(signal, name, None)))


class Stopped(BaseException):
    """The system or a supervisor wants the program to end: everything is cleaned up on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


def listen() -> None:
    """End on SIGTERM and SIGHUP by `Stopped`, unless the caller ignores them (nohup)."""
    for number in _STOPS - {signal.SIGINT}:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _stop)


def obey() -> None:
    """In a worker: end at once where the system says so; an interrupt of the terminal is the parent's to decide on."""
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """These signals wait until the block is done."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: the way out is not to be cut short
    raise Stopped(number)
