"""CSV files ⇄ frames, by the library of the frame."""

from __future__ import annotations

from typing import Any, Iterator, List, Optional, Sequence

from glacier.core.errors import UnfitValue, UnreadableData
from glacier.core.errors._base import a_type
from glacier.core.formats.records import Columns, Parts
from glacier.core.formats.tabular import default_frame, pandas, polars, pyarrow

__all__ = ["read_frame", "scan_frame", "write_frame"]

_NEED = "format 'csv'"
_MEND = "Declare format='parquet', which keeps types."
_POLARS = {"try_parse_dates": True, "infer_schema_length": None}


def write_frame(frame: Any, kind: str, parts: Parts) -> Columns:
    """Write a frame into one part. Raises UnfitValue where it would be read otherwise."""
    path = parts.new("csv")
    if kind == "polars.LazyFrame":
        frame.sink_csv(path)
        before = dict(frame.collect_schema())
        scanned = scan_frame([path], kind)
        _compare({}, before, dict(_told(scanned.collect_schema)))
        parts.count(scanned.select(polars().len()).collect().item())
    elif kind == "pyarrow.RecordBatchReader":
        before = {field.name: field.type for field in frame.schema}
        _write_batches(frame, path)
        parts.count(_count(path, before))
    else:
        if kind == "pyarrow.RecordBatch":
            kind, frame = "pyarrow.Table", pyarrow(need=_NEED).Table.from_batches([frame])
        _WRITERS[kind](frame, path)
        back = _told(lambda: read_frame([path], kind))
        before = _types(frame, kind)
        _compare({"frame": (frame, back)}, before, _types(back, kind))
        parts.count(len(frame))
    return tuple((str(name), str(kind)) for name, kind in before.items())


def _write_batches(frames: Any, path: str) -> None:
    arrow_csv = pyarrow("pyarrow.csv", need=_NEED)
    with _refusing(), arrow_csv.CSVWriter(path, frames.schema) as writer:
        for batch in frames:
            writer.write_batch(batch)


def _count(path: str, before: Any) -> int:
    reader = scan_frame([path], "pyarrow.RecordBatchReader")
    _compare({}, before, {field.name: field.type for field in reader.schema})
    return sum(batch.num_rows for batch in reader)


def _write_pandas(frame: Any, path: str) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def _write_polars(frame: Any, path: str) -> None:
    with _refusing():
        frame.write_csv(path)


def _write_arrow(table: Any, path: str) -> None:
    with _refusing():
        pyarrow("pyarrow.csv", need=_NEED).write_csv(table, path)


_WRITERS = {
    "pandas.DataFrame": _write_pandas,
    "polars.DataFrame": _write_polars,
    "pyarrow.Table": _write_arrow,
}


class _refusing:
    """Tells of a frame that the library itself does not write."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        name = "" if kind is None else kind.__module__.partition(".")[0]
        if name in ("polars", "pyarrow"):
            _refuse("value", "a frame", str(error), error)


def _refuse(place: str, found: str, reason: str, cause: Optional[BaseException] = None) -> None:
    raise UnfitValue(format="csv", place=place, found=found, reason=reason, mend=_MEND) from cause


def _types(frame: Any, kind: str) -> Any:
    if kind == "pandas.DataFrame":
        return dict(frame.dtypes)
    if kind == "polars.DataFrame":
        return dict(frame.schema)
    return {field.name: field.type for field in frame.schema}


def _told(read: Any) -> Any:
    """What is read, or an error that says that it cannot be."""
    try:
        return read()
    except BaseException as error:
        # A panic inside polars is no Exception; older versions have one on some texts.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        _refuse("value", "a frame", f"it could not be read again ({error})", error)


def _compare(frames: Any, before: Any, after: Any) -> None:
    if list(before) != list(after):
        _refuse("the column names", f"{list(before)}", f"they would come back as {list(after)}")
    for name in before:
        if before[name] != after[name]:
            reason = f"it would come back as {after[name]}"
            _refuse(f"column {name!r}", f"of type {before[name]}", reason)
    for one, other in frames.values():
        if not one.equals(other):
            reason = "a value would not come back equal (an index, an empty or a missing text?)"
            _refuse("value", a_type(one), reason)


def read_frame(paths: Sequence[str], kind: Optional[str]) -> Any:
    """The files as one frame. Raises :class:`~glacier.core.errors.UnreadableData`."""
    kind = kind or default_frame("csv")
    if kind in ("polars.LazyFrame", "pyarrow.RecordBatchReader"):
        return scan_frame(paths, kind)
    frames = [_read(path, kind) for path in paths]
    if len(frames) == 1:
        return frames[0]
    if kind == "pandas.DataFrame":
        return pandas().concat(frames, ignore_index=True)
    if kind == "polars.DataFrame":
        return polars().concat(frames, how="vertical_relaxed")
    return pyarrow(need=_NEED).concat_tables(frames, promote_options="permissive")


def _read(path: str, kind: str) -> Any:
    try:
        if kind == "pandas.DataFrame":
            return _read_pandas(pandas(), path)
        if kind == "polars.DataFrame":
            return polars().read_csv(path, **_POLARS)
        table = pyarrow("pyarrow.csv", need=_NEED).read_csv(path, convert_options=_conversion())
        return table if kind == "pyarrow.Table" else table.combine_chunks().to_batches()[0]
    except (ValueError, EOFError, *_polars_errors(kind)) as error:
        raise UnreadableData(
            path=path,
            format="csv",
            reason=str(error).partition("\n")[0].rstrip("."),
            mend="Is it cut off, or of another format?",
        ) from error


def _read_pandas(library: Any, path: str) -> Any:
    # Before pandas 3 the parser was off by the last digit unless told.
    exact = {"float_precision": "round_trip"} if library.__version__ < "3" else {}
    return library.read_csv(path, keep_default_na=False, na_values=[""], **exact)


def _polars_errors(kind: str) -> List[Any]:
    return [polars().exceptions.PolarsError] if kind.startswith("polars") else []


def _conversion() -> Any:
    return pyarrow("pyarrow.csv", need=_NEED).ConvertOptions(
        strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
    )


def scan_frame(paths: Sequence[str], kind: str) -> Any:
    """The files as a stream, a ``LazyFrame`` or a ``RecordBatchReader``."""
    if kind == "polars.LazyFrame":
        return polars().scan_csv(list(paths), glob=False, **_POLARS)
    arrow, arrow_csv = pyarrow(need=_NEED), pyarrow("pyarrow.csv", need=_NEED)
    first = arrow_csv.open_csv(paths[0], convert_options=_conversion())

    def batches() -> Iterator[Any]:
        yield from first
        for path in paths[1:]:
            with arrow_csv.open_csv(path, convert_options=_conversion()) as reader:
                for batch in reader:
                    yield from arrow.Table.from_batches([batch]).cast(first.schema).to_batches()

    return arrow.RecordBatchReader.from_batches(first.schema, batches())
