"""What changed between two builds, as a JSON Merge Patch (RFC 7396) on their documents.

A patch is never written by hand: it is the difference of two documents. A document never holds
a null and its lists are replaced whole, so merging the difference gives the new document.
"""

from collections.abc import Mapping

import msgspec

from calc.build import Build

Json = object
"""A JSON value: dict, list, str, int, float, bool or None."""


def difference(old: Build, new: Build) -> dict[str, Json]:
    """The patch from one build's document to another's; empty when they are equal."""
    return between(document(old), document(new))


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
