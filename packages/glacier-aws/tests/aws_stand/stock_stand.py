"""moto as it is, to see what it lacks."""

from __future__ import annotations

from pathlib import Path

from aws_stand.facts import OWNER, Keys
from aws_stand.loopback import Loopback
from aws_stand.process import Process

__all__ = ["StockStand"]

_TESTS = Path(__file__).resolve().parent.parent


class StockStand(Loopback):
    """moto's own server in a process; ``folder`` has its log."""

    def __init__(self, folder: Path) -> None:
        self._process = Process("aws_stand.stock_server", log=folder / "stock.log", path=[_TESTS])
        owner = Keys(OWNER, OWNER, None)
        super().__init__(f"http://127.0.0.1:{self._process.line()}", taken=lambda role: owner)

    def close(self) -> None:
        self._process.close()
