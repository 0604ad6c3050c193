"""Where the names of an annotation are looked up, one function per place.

Executed twice by ``test_annotations.py``, eagerly and under the future import.
"""

import functools
import sys

from glacier.core import Dataset, Pipeline

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

CASES = {}


def case(meaning, *, eager=(3, 8)):
    """Register a form, what it means, and where it can be written without the future import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, meaning, eager))[0]


raw, clean = Dataset("raw"), Dataset("clean")
shadowed = Dataset("of-the-module")
pipeline_of_module = Pipeline("module")


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


# --- where it stands ------------------------------------------------------------------------------


@pipeline_of_module.task
def of_the_module(data: raw) -> clean: ...


@case("data: raw -> clean")
def module_level(pipeline):
    return of_the_module


@case("data: of-the-function -> local")
def local_datasets(pipeline):
    here, local = Dataset("of-the-function"), Dataset("local")

    @pipeline.task
    def f(data: here) -> local: ...


@case("data: of-the-function -> clean")
def local_shadows_module(pipeline):
    shadowed = Dataset("of-the-function")

    @pipeline.task
    def f(data: shadowed) -> clean: ...


@case("data: argument -> clean")
def parameter_of_the_enclosing_function(pipeline):
    def declare(source):
        @pipeline.task
        def f(data: source) -> clean: ...

        return f

    return declare(Dataset("argument"))


@case("data: of-the-function -> clean")
def own_parameter_of_the_same_name(pipeline):
    data = Dataset("of-the-function")

    @pipeline.task
    def f(data: data) -> clean: ...


@case("data: outermost -> clean")
def three_levels_up(pipeline):
    here = Dataset("outermost")

    def middle():
        def inner():
            @pipeline.task
            def f(data: here) -> clean: ...

            return f

        return inner()

    return middle()


@case("data: inner -> clean")
def nearest_level_wins(pipeline):
    here = Dataset("outer")

    def middle():
        here = Dataset("inner")

        @pipeline.task
        def f(data: here) -> clean: ...

        return f

    assert here.name == "outer"
    return middle()


@case("data: used-in-the-body -> clean")
def enclosing_function_has_returned_and_the_body_uses_the_name(pipeline):
    def outer():
        here = Dataset("used-in-the-body")

        def f(data: here) -> clean:
            return here

        return f

    pipeline.task(outer())


@case("data: of-the-module -> clean")
def enclosing_function_has_returned(pipeline):
    def outer():
        def f(data: shadowed) -> clean: ...

        return f

    pipeline.task(outer())


def declare_for_a_caller(pipeline):
    @pipeline.task
    def f(data: shadowed) -> clean: ...


@case("data: of-the-module -> clean")
def local_of_a_caller_does_not_leak_in(pipeline):
    shadowed = Dataset("of-the-caller")
    assert shadowed
    declare_for_a_caller(pipeline)


@case("data: of-the-function -> clean")
def declared_through_a_helper(pipeline):
    def declare(function):
        here = Dataset("of-the-helper")
        assert here
        pipeline.task(function)

    here = Dataset("of-the-function")

    def f(data: here) -> clean: ...

    return declare(f)


@case("data: of-the-function -> clean")
def function_that_is_declared_global(pipeline):
    global declared_global
    shadowed = Dataset("of-the-function")

    @pipeline.task
    def declared_global(data: shadowed) -> clean: ...

    return declared_global


@case("data: step-1 -> step-2")
def loop(pipeline):
    tasks, before = [], Dataset("step-0")
    for number in range(1, 4):
        after = Dataset(f"step-{number}")

        @pipeline.task
        def f(data: before) -> after: ...

        tasks.append(f)
        before = after
    return tasks[1]


@case("data: step-1<int> -> step-2<int>")
def loop_annotated(pipeline):
    tasks, before = [], Dataset("step-0")
    for number in range(1, 4):
        after = Dataset(f"step-{number}")

        @pipeline.task
        def f(data: Annotated[int, before]) -> Annotated[int, after]: ...

        tasks.append(f)
        before = after
    return tasks[1]


@case("data: step-1 -> clean")
def loop_in_a_comprehension(pipeline):
    def declare(source):
        @pipeline.task
        def f(data: source) -> clean: ...

        return f

    return [declare(Dataset(f"step-{number}")) for number in range(3)][1]


@case("data: of-the-class -> clean")
def class_body(pipeline):
    class Tasks:
        source = Dataset("of-the-class")

        @pipeline.task
        @staticmethod
        def f(data: source) -> clean: ...

    return Tasks.f


@case("data: of-the-class -> clean")
def class_body_with_the_decorators_swapped(pipeline):
    class Tasks:
        source = Dataset("of-the-class")

        @staticmethod
        @pipeline.task
        def f(data: source) -> clean: ...

    return Tasks.f


@case("data: of-the-class -> clean")
def class_body_shadows(pipeline):
    shadowed = Dataset("of-the-function")

    class Tasks:
        shadowed = Dataset("of-the-class")

        @pipeline.task
        @staticmethod
        def f(data: shadowed) -> clean:
            return shadowed  # of the function: methods do not see the names of their class

    assert shadowed
    return Tasks.f


class TasksOfModule:
    shadowed = Dataset("of-the-class")

    @staticmethod
    def plain(data: shadowed) -> clean: ...

    class Inner:
        @staticmethod
        def plain(data: shadowed) -> clean: ...

    def method(self, pipeline):
        @pipeline.task
        def f(data: shadowed) -> clean: ...

        return f


@case("data: of-the-class -> clean")
def class_body_that_is_done(pipeline):
    pipeline.task(TasksOfModule.plain)


@case("data: of-the-module -> clean")
def class_in_a_class_does_not_see_the_outer_one(pipeline):
    pipeline.task(TasksOfModule.Inner.plain)


@case("data: of-the-module -> clean")
def function_in_a_method_does_not_see_the_class(pipeline):
    TasksOfModule().method(pipeline)


@case("data: of-the-class -> clean")
def class_in_a_function_that_is_done(pipeline):
    class Tasks:
        shadowed = Dataset("of-the-class")

        @staticmethod
        def f(data: shadowed) -> clean: ...

    pipeline.task(Tasks.f)


@case("data: of-the-class -> clean")
def class_body_with_a_loop(pipeline):
    class Tasks:
        source, other = Dataset("of-the-class"), Dataset("other")
        for dataset in (source, other):

            @pipeline.task
            @staticmethod
            def f(data: dataset) -> clean: ...

            if dataset is source:
                first = f

    return Tasks.first


@case("data: of-exec -> clean")
def code_that_exec_runs_with_locals_of_its_own(pipeline):
    names = {}
    code = """
here = Dataset("of-exec")
@pipeline.task
def f(data: "here") -> "clean": ...
"""
    exec(code, {**globals(), "pipeline": pipeline}, names)
    return names["f"]


# --- functions that have returned -----------------------------------------------------------------
# Text leaves no closure, so nobody knows their names any more.

RETURNED = {}


def returned(meaning, told, *, since=(3, 8)):
    """Register what is meant, and what is told where annotations are text, since that Python."""
    return lambda declare: RETURNED.setdefault(declare.__name__, (declare, meaning, told, since))[0]


@returned(
    "data: of-the-function -> clean",
    "{f}: parameter 'data' is annotated 'here', which is not defined. It is a name of outer(), "
    "which has returned: decorate the function inside outer(), or do without "
    "'from __future__ import annotations'.",
)
def function_is_decorated_later(pipeline):
    def outer():
        here = Dataset("of-the-function")

        def f(data: here) -> clean: ...

        return f

    pipeline.task(outer())


@returned(
    "data: of-the-function -> clean",
    "{f}: parameter 'data' is annotated 'here', which is not defined. It is a name of outer(), "
    "which has returned: decorate the function inside outer(), or do without "
    "'from __future__ import annotations'.",
    since=(3, 10),  # before, the function between the two kept a closure
)
def level_above_has_returned(pipeline):
    def outer():
        here = Dataset("of-the-function")

        def inner():
            @pipeline.task
            def f(data: here) -> clean: ...

        return inner

    outer()()


@returned(
    "-> of-the-function",
    "{f}: the return is annotated 'shadowed', which is not defined. It is a name of outer(), "
    "which has returned: decorate the function inside outer(), or do without "
    "'from __future__ import annotations'.",
)
def name_would_shadow_that_of_the_module(pipeline):
    def outer():
        shadowed = Dataset("of-the-function")

        def f() -> shadowed: ...

        return f

    pipeline.task(outer())


@returned(
    "data: inner = None -> clean",
    "{f}: parameter 'data' is annotated 'here', which is not defined. It is a name of outer(), "
    "which has returned: decorate the function inside outer(), or do without "
    "'from __future__ import annotations'.",
)
def name_would_shadow_that_of_a_running_function(pipeline):
    here = Dataset("outer")

    def outer():
        here = Dataset("inner")

        def f(data: here = None) -> clean: ...

        return f

    assert here
    pipeline.task(outer())


def make():
    shadowed = Dataset("of-the-function")

    def f(data: shadowed) -> clean: ...

    return f


@logged
def make_decorated():
    shadowed = Dataset("of-the-function")

    def f(data: shadowed) -> clean: ...

    return f


class Maker:
    def make(self):
        shadowed = Dataset("of-the-function")

        def f(data: shadowed) -> clean: ...

        return f


OF_MAKE = (
    "f ({file}:{any}): parameter 'data' is annotated 'shadowed', which is not defined. It is a "
    "name of make(), which has returned: decorate the function inside make(), or do without "
    "'from __future__ import annotations'."
)


@returned("data: of-the-function -> clean", OF_MAKE)
def function_of_the_module_has_returned(pipeline):
    pipeline.task(make())


@returned("data: of-the-function -> clean", OF_MAKE.replace("make()", "make_decorated()"))
def decorated_function_of_the_module_has_returned(pipeline):
    pipeline.task(make_decorated())


@returned("data: of-the-function -> clean", OF_MAKE)
def method_of_the_module_has_returned(pipeline):
    pipeline.task(Maker().make())
