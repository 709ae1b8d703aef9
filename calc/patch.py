"""What changed between two builds, as a JSON Merge Patch (RFC 7396) on their documents.

A patch is never written by hand: it is the difference of two documents. A document never holds
a null and its lists are replaced whole, so merging the difference gives the new document.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct, structs

from calc.build import Build, TakenPower

_Struct = TypeVar("_Struct", bound=Struct)

# Each field, in order, and what a document does not tell of it; one that has no default is told.
_DEFAULTS: tuple[tuple[str, object], ...] = tuple(
    (
        field.encode_name,
        field.default_factory() if field.default_factory is not NODEFAULT else field.default,
    )
    for field in structs.fields(Build)
)

Json = object
"""A JSON value: dict, list, str, int, float, bool or None."""


def difference(old: Build, new: Build) -> dict[str, Json]:
    """The patch from one build's document to another's; empty when they are equal."""
    return between(*documents(old, new))


def documents(old: Build, new: Build) -> tuple[dict[str, Json], dict[str, Json]]:
    """Both builds' documents, without what is the same object in both: of two builds with an edit
    between them nearly everything, power by power."""
    before: dict[str, Json] = {}
    after: dict[str, Json] = {}
    values = zip(_DEFAULTS, structs.astuple(old), structs.astuple(new), strict=True)
    for (name, default), was, is_now in values:
        if was is is_now:
            continue
        for found, value, other in ((before, was, is_now), (after, is_now, was)):
            if value != default:
                found[name] = (
                    _powers_without(value, other)
                    if name == "powers"
                    else msgspec.to_builtins(value)
                )
    return before, after


def _powers_without(powers: dict[str, TakenPower], other: dict[str, TakenPower]) -> Json:
    return {
        key: msgspec.to_builtins(power)
        for key, power in powers.items()
        if other.get(key) is not power
    }


def document(build: Build) -> dict[str, Json]:
    """A build as its JSON document: no defaults, no nulls."""
    found: dict[str, Json] = msgspec.to_builtins(build)
    return found


def between(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """The patch from one object to another. Neither may hold a null."""
    patch: dict[str, Json] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key not in old:
            patch[key] = value
            continue
        before = old[key]
        if before == value:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            patch[key] = between(before, value)
        else:
            patch[key] = value
    return patch


def merge(target: Json, patch: Json) -> Json:
    """A document with a patch merged into it. Changes neither; shares what it does not touch."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def patched(build: Build, patch: Mapping[str, Json]) -> Build:
    """The build whose document is that of `build` with a patch merged into it.

    What the patch does not touch is the same object. Raises msgspec.ValidationError.
    """
    return _patched_struct(build, patch)


def _patched_struct(old: _Struct, patch: Mapping[str, Json]) -> _Struct:
    fields = _fields(type(old))
    changed = {}
    for name, value in patch.items():
        if name not in fields:
            raise msgspec.ValidationError(f"There is no field `{name}`.")
        field = fields[name]
        if value is not None:
            changed[name] = _patched(getattr(old, name), value, field.type)
        elif field.default is not NODEFAULT:
            changed[name] = field.default
        elif field.default_factory is not NODEFAULT:
            changed[name] = field.default_factory()
        else:
            raise msgspec.ValidationError(f"`{name}` cannot be taken away.")
    return structs.replace(old, **changed) if changed else old


def _patched(old: object, patch: Json, kind: Any) -> object:
    """kind: the type of the value, as it is annotated."""
    if isinstance(patch, dict) and isinstance(old, Struct):
        return _patched_struct(old, patch)
    if isinstance(patch, dict) and isinstance(old, dict):
        merged = dict(old)
        for key, value in patch.items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = _patched(merged.get(key), value, _of_values(kind))
        return merged
    return msgspec.convert(merge(None, patch), kind)


@cache
def _fields(kind: type[Struct]) -> dict[str, structs.FieldInfo]:
    return {field.encode_name: field for field in structs.fields(kind)}


def _of_values(kind: Any) -> Any:
    """The type of what a dict of this type holds."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return get_args(kind)[1]
