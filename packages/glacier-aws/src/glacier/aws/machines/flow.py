"""States that follow one another while they are being written."""

from __future__ import annotations

from collections.abc import Sequence

from glacier.aws.machines.states import Definition, State

__all__ = ["Flow"]


class Flow:
    """States in the order in which they are entered, those beside that order too.

    ``ends`` are the states from which nothing leads on yet.
    """

    def __init__(self) -> None:
        self.start = ""
        self.states: dict[str, State] = {}
        self.ends: list[State] = []

    def add(self, name: str, state: State) -> None:
        """Let a state follow all that is open."""
        self._enter(name)
        self.states[name] = state
        self.ends = [state]

    def choose(self, name: str, choices: Sequence[State]) -> None:
        """Let a Choice follow all that is open; what is added next is what it leads to else."""
        state: State = {"Type": "Choice", "Choices": list(choices)}
        self._enter(name)
        self.states[name] = state
        self.ends = [state]

    def put(self, name: str, state: State) -> None:
        """Put a state beside the others that says itself what follows."""
        self.states[name] = state

    def side(self, name: str, state: State) -> None:
        """Put a state beside the others, to which one of them leads, and from which it goes on."""
        self.states[name] = state
        self.ends.append(state)

    def follow(self, other: Flow) -> None:
        """Let other states follow all that is open."""
        self._enter(other.start)
        self.states.update(other.states)
        self.ends = other.ends

    def _enter(self, name: str) -> None:
        self.start = self.start or name
        for state in self.ends:
            state["Default" if state["Type"] == "Choice" else "Next"] = name

    def machine(self) -> Definition:
        """The states as a machine, or as a branch of one."""
        for state in self.ends:
            if state["Type"] not in ("Succeed", "Fail"):
                state["End"] = True
        return {"StartAt": self.start, "States": self.states}
