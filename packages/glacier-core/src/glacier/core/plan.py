"""The plan of a run: frozen steps without any code in them, and as JSON what crosses machines."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any, Collection, Dict, Mapping, NamedTuple, Sequence, Set, Tuple, cast

from glacier.core.annotations import REQUIRED, UNKNOWN, Argument, ArgumentKind
from glacier.core.errors import RecordError
from glacier.core.graph import AnyTask, Graph, is_stream, reads
from glacier.core.step import FORMAT, Caching, Identity, Policy, Slot, Step
from glacier.core.valueforms import form_of
from glacier.core.wiring import Wiring, wire

__all__ = ["Plan", "make_plan"]


class _Fields(NamedTuple):
    pipeline: str
    steps: Tuple[Step, ...]
    given: Tuple[str, ...] = ()
    format: int = FORMAT
    identities: Tuple[Identity, ...] = ()


class Plan(_Fields):
    """The steps of a pipeline in a legal order, and the datasets that the run is fed with.

    ``identities`` is of those tasks alone that have ``permissions=`` or a ``group=``.
    """

    def to_json(self) -> Dict[str, Any]:
        """The plan as JSON data (dicts, lists, strings, numbers, booleans, ``None``)."""
        return {
            "format": self.format,
            "pipeline": self.pipeline,
            "given": list(self.given),
            "steps": [_json_of(step) for step in self.steps],
            "identities": [_json_of_identity(one) for one in self.identities],
        }

    @classmethod
    def from_json(cls, data: object) -> Plan:
        """The plan that :meth:`to_json` wrote.

        Raises :class:`~glacier.core.errors.RecordError` for another format or a broken record.
        """
        record = cast("Mapping[str, Any]", data if isinstance(data, Mapping) else {})
        found = record.get("format")
        if found != FORMAT:
            raise RecordError(record="plan", found=found, expected=FORMAT)
        try:
            steps = tuple(map(_step, record["steps"]))
            given = tuple(record["given"])
            identities = tuple(map(_identity, record.get("identities", ())))
            return cls(record["pipeline"], steps, given, FORMAT, identities)
        except (KeyError, TypeError, ValueError) as error:
            broken = f"{type(error).__name__}: {error}"
            raise RecordError(record="plan", found=found, expected=FORMAT, broken=broken) from error

    @cached_property
    def wiring(self) -> Wiring:
        """The same, compiled for execution; made once."""
        return wire(self.steps, self.given)

    def __reduce__(self) -> Tuple[object, ...]:
        # Without the wiring, which is larger and soon made again.
        return Plan, (self.pipeline, self.steps, self.given, self.format, self.identities)

    def __repr__(self) -> str:
        return f"<Plan of {self.pipeline!r}: {len(self.steps)} steps>"


def _json_of(step: Step) -> Dict[str, Any]:
    return {
        **step._asdict(),
        "slots": [slot._asdict() for slot in step.slots],
        "outputs": list(step.outputs),
        "tags": list(step.tags),
        "policy": None if step.policy is None else _json_of_policy(step.policy),
        "caching": None if step.caching is None else step.caching._asdict(),
    }


def _json_of_policy(policy: Policy) -> Dict[str, Any]:
    return {**policy._asdict(), "retry_on": list(policy.retry_on)}


def _json_of_identity(identity: Identity) -> Dict[str, Any]:
    return {**identity._asdict(), "permissions": [list(one) for one in identity.permissions]}


def _identity(data: Mapping[str, Any]) -> Identity:
    pairs = [(action, resource) for action, resource in data["permissions"]]
    return Identity(data["task"], data["group"], tuple(pairs))


def _policy(data: Mapping[str, Any]) -> Policy:
    fields: Dict[str, Any] = {**data, "retry_on": tuple(data["retry_on"])}
    return Policy(**fields)


def _step(data: Mapping[str, Any]) -> Step:
    fields: Dict[str, Any] = {
        **data,
        "slots": tuple(Slot(**slot) for slot in data["slots"]),
        "outputs": tuple(data["outputs"]),
        "tags": tuple(data["tags"]),
        "policy": None if data.get("policy") is None else _policy(data["policy"]),
        "caching": None if data.get("caching") is None else Caching(**data["caching"]),
    }
    return Step(**fields)


def make_plan(graph: Graph, *, given: Sequence[str] = (), keep: Collection[str] = ()) -> Plan:
    """The plan that runs a graph, in its order.

    ``given`` names the datasets that the run is fed with, ``keep`` those held to its end.
    """
    tasks, streams = graph.tasks, _streams(graph).difference(keep)
    steps = [_step_of(tasks[task], streams) for task in graph.order]
    special = [tasks[task] for task in graph.order if tasks[task].permissions or tasks[task].group]
    identities = tuple(map(_identity_of, special))
    return Plan(graph.pipeline, tuple(steps), tuple(given), FORMAT, identities)


def _identity_of(task: AnyTask) -> Identity:
    pairs = [
        (action, resource)
        for one in task.permissions
        for action in one.actions
        for resource in one.resources
    ]
    return Identity(task.name, task.group or "", tuple(dict.fromkeys(pairs)))


def _step_of(task: AnyTask, streams: Collection[str]) -> Step:
    arguments, outputs, many, is_async = task.signature
    slots = tuple([_slot(argument) for argument in arguments])
    plain, each, inputs = True, -1, 0
    for slot in slots:
        is_input = slot.kind == ArgumentKind.INPUT
        if slot.each:
            each = inputs
        if not is_input or slot.keyword or slot.optional or slot.stream:
            plain = False
        inputs += is_input
    names = tuple([output.dataset.name for output in outputs])
    when = task.when.name if task.when is not None else None
    lazy = len(names) == 1 and names[0] in streams and not many and each < 0
    return Step(
        task.name, slots, names, many, when, is_async, task.tags, plain, each, lazy, task.policy,
        task.caching, task.priority,
    )  # fmt: skip


def _streams(graph: Graph) -> Set[str]:
    """The datasets that are read once by one task, which takes them as an iterator."""
    found: Set[str] = set()
    for task in graph.tasks:
        names = [
            argument.dataset.name
            for argument in task.signature.arguments
            if argument.type is not UNKNOWN
            and argument.dataset is not None
            and is_stream(argument.type)
        ]
        if names:
            uses = Counter(dataset.name for dataset in reads(task))
            found.update(name for name in names if uses[name] == len(graph.consumers[name]) == 1)
    return found


def _slot(argument: Argument) -> Slot:
    name, kind, keyword, dataset, secret, each, optional, default, kind_of_value = argument
    if dataset is not None:
        defaulted = default is not REQUIRED
        stream, wanted = False, ""
        if kind_of_value is not UNKNOWN:
            stream, wanted = is_stream(kind_of_value), form_of(kind_of_value)
        default_or_none = optional or defaulted
        return Slot(
            name, kind, dataset.name, keyword, each, default_or_none, defaulted, stream, wanted
        )
    return Slot(name, kind, secret.name if secret is not None else name, keyword)
