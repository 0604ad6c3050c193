"""Tasks: plain functions whose annotations say what they read and what they produce."""

from __future__ import annotations

import sys
from types import FrameType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Generic,
    Iterable,
    Optional,
    Tuple,
    TypeVar,
    Union,
    cast,
)

from glacier.core.annotations import Hints, Signature, read_again, read_hints, read_signature
from glacier.core.dataset import Dataset, dataset_in
from glacier.core.errors import InvalidOption
from glacier.core.names import check_name
from glacier.core.place import Place, Where, execution_of, place_of
from glacier.core.resources import Permission, Serverless

if sys.version_info >= (3, 10):
    from typing import ParamSpec
else:
    from typing_extensions import ParamSpec

if TYPE_CHECKING:
    from glacier.core.caching import Cache
    from glacier.core.policy import Duration, RetryOn
    from glacier.core.step import Caching, Policy

__all__ = ["Task"]

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class Task(Generic[P, R]):
    """A function declared as a task of a pipeline; calling it just calls the function.

    ``when`` is a boolean dataset: where it is false, the task is skipped. ``tags`` are free words
    that a selection may use (``select="tag:nightly"``), and a limit (``concurrency={"api": 2}``).
    ``policy`` is what ``retries``, ``retry_delay``, ``retry_on`` and ``timeout`` say, ``caching``
    what ``cache`` and ``version`` say, all of which ``Pipeline.task`` explains, and ``compute``,
    ``permissions``, ``group`` and ``priority`` as well. Raises
    :class:`~glacier.core.errors.DefinitionError` for a name, an option or an annotation that has no
    meaning.
    """

    __slots__ = (
        "__weakref__", "_hints", "_signature", "caching", "compute", "function", "group", "name",
        "permissions", "place", "policy", "priority", "tags", "when",
    )  # fmt: skip
    __glacier__ = "task"

    function: Callable[P, R]
    name: str
    place: Place
    tags: Tuple[str, ...]
    when: Optional[Dataset]
    policy: Optional[Policy]
    caching: Optional[Caching]
    compute: Optional[Serverless]
    permissions: Tuple[Permission, ...]
    group: Optional[str]
    priority: float

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: Optional[str] = None,
        when: object = None,
        tags: Iterable[str] = (),
        retries: int = 0,
        retry_delay: Optional[Duration] = None,
        retry_on: Optional[RetryOn] = None,
        timeout: Optional[Duration] = None,
        cache: Optional[Cache] = None,
        version: Union[str, int, None] = None,
        compute: Optional[Serverless] = None,
        permissions: Iterable[Permission] = (),
        group: Optional[str] = None,
        priority: float = 0,
        frame: Optional[FrameType] = None,
    ) -> None:
        # A staticmethod cannot be called before Python 3.10.
        function = function.__func__ if isinstance(function, staticmethod) else function
        self.function = function
        self.name = name if name is not None else getattr(function, "__name__", "")
        self.place = _place(function, frame)
        check_name(self.name, kind="task", where=self.place)
        where = self.where
        self.tags = _words(tags, where) if tags else ()
        self.when = None if when is None else _condition(when, where)
        self.policy = None
        if retries != 0 or retry_delay is not None or retry_on is not None or timeout is not None:
            from glacier.core.policy import read_policy

            self.policy = read_policy(
                retries=retries,
                retry_delay=retry_delay,
                retry_on=retry_on,
                timeout=timeout,
                where=where,
            )
        self.caching = None
        if cache is not None or version is not None:
            from glacier.core.caching import read_caching

            self.caching = read_caching(cache=cache, version=version, where=where)
        self.compute = None if compute is None else _size(compute, where)
        self.permissions = _allowed(permissions, where) if permissions else ()
        self.group = None if group is None else check_name(group, kind="group", where=where)
        self.priority = _number(priority, where) if priority else 0
        self._hints: Optional[Hints] = None
        self._signature: Optional[Signature] = None
        hints = read_hints(function, where=where, frame=frame)
        if hints.open:
            self._hints = hints
        else:
            self._signature = read_signature(hints, where=where)

    @property
    def signature(self) -> Signature:
        """What the task reads and produces.

        A name that was not defined yet at the decorator is looked up now; raises
        :class:`~glacier.core.errors.UnresolvedAnnotation` if it still is not.
        """
        if self._signature is None:
            assert self._hints is not None
            self._signature = read_signature(read_again(self._hints), where=self.where)
            self._hints = None
        return self._signature

    @property
    def where(self) -> Where:
        """The name and place, as errors show them: ``transform (etl.py:12)``."""
        return Where(self.name, self.place)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    @property
    def __wrapped__(self) -> Callable[P, R]:
        return self.function

    @property
    def __name__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Task {self.where}>"


def _place(function: Any, frame: Optional[FrameType]) -> Place:
    while hasattr(function, "__wrapped__"):  # a decorator's code is in another place
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    if code is None:  # a partial, or an object with __call__
        return place_of(frame)
    return Place(
        code.co_filename, code.co_firstlineno, function.__module__ or "", execution_of(frame)
    )


def _words(tags: object, where: Where) -> Tuple[str, ...]:
    if isinstance(tags, str):
        tags = (tags,)
    if not isinstance(tags, Iterable):
        mend = "Give words, such as tags=['nightly']."
        raise InvalidOption(where=str(where), option="tags", found=tags, mend=mend)
    words = cast("Iterable[object]", tags)
    return tuple([check_name(tag, kind="tag", where=where) for tag in words])


def _size(compute: object, where: Where) -> Serverless:
    if isinstance(compute, Serverless):
        return compute
    mend = "Give compute=Serverless(memory=1024)."
    raise InvalidOption(where=str(where), option="compute", found=compute, mend=mend)


def _allowed(permissions: object, where: Where) -> Tuple[Permission, ...]:
    several = [permissions] if isinstance(permissions, Permission) else permissions
    if isinstance(several, Iterable) and not isinstance(several, str):
        found = tuple(cast("Iterable[object]", several))
        if all(isinstance(one, Permission) for one in found):
            return cast("Tuple[Permission, ...]", found)
    mend = "Give permissions=[Permission(actions, resources)]."
    raise InvalidOption(where=str(where), option="permissions", found=permissions, mend=mend)


def _number(priority: object, where: Where) -> float:
    if type(priority) in (int, float) and abs(cast("float", priority)) < float("inf"):
        return cast("float", priority)
    mend = "Give a number, such as priority=10; without one it is 0, and higher ones go first."
    raise InvalidOption(where=str(where), option="priority", found=priority, mend=mend)


def _condition(when: object, where: Where) -> Dataset:
    dataset = dataset_in(when)
    if dataset is not None:
        return dataset
    mend = "Give the boolean dataset that decides, such as when=is_monday."
    if getattr(when, "__glacier__", None) == "task":
        mend = "Give the boolean dataset that this task produces."
    raise InvalidOption(where=str(where), option="when", found=when, mend=mend)
