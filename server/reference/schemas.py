"""JSON schemas of Structs, for the references of the live protocol and of the REST interface.

What a field means is read from its Struct's docstring (`field: meaning.`), so nothing is written
twice.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import msgspec
from msgspec import Struct

from calc.operations import Operation

SCHEMAS = "#/components/schemas/"


def schemas(structs: tuple[type[Struct], ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A reference to each of these Structs, and the schemas of all that they hold, by name."""
    references, found = msgspec.json.schema_components(
        structs, schema_hook=_anything, ref_template=SCHEMAS + "{name}"
    )
    by_name = _named(structs, found)
    operations = [{"$ref": SCHEMAS + each.__name__} for each in get_args(Operation)]
    explained = {
        name: _explained(_portable(schema, operations), by_name.get(name))
        for name, schema in found.items()
    }
    if operations[0]["$ref"].removeprefix(SCHEMAS) in found:
        explained["Operation"] = {
            "title": "Operation",
            "description": "One of the smallest things a person does to a build. Things are named "
            "by their ids, never by a position, so concurrent operations keep their meaning.\n\n"
            "Any of them may have `expects`: what its author saw in the document where it changes "
            "something; null for nothing. It is refused with `changed_meanwhile` when that is not "
            "so any more. Without `expects` the later of two operations wins. (Where the document "
            "has nothing because it is as by default, the default may be named instead of null: a "
            "`level` of 50.)",
            "oneOf": operations,
            "discriminator": {"propertyName": "type"},
        }
    return references, dict(sorted(explained.items()))


def _anything(kind: type) -> dict[str, Any]:
    if kind is object:
        return {"description": "Any JSON."}
    raise NotImplementedError


def _named(structs: tuple[type[Struct], ...], found: Mapping[str, Any]) -> dict[str, type[Struct]]:
    """The Structs by the names that their schemas have: longer ones, where two are called alike."""
    reachable = tuple(_reachable(structs))
    return {each.__name__: each for each in reachable if each.__name__ in found} | {
        f"{each.__module__}.{each.__qualname__}": each for each in reachable
    }


def _portable(schema: Any, operations: list[dict[str, str]]) -> Any:
    """msgspec's JSON Schema as other languages have it, the operations named once."""
    if isinstance(schema, list):
        return [_portable(each, operations) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = schema.get("anyOf", ())
    if all(each in kinds for each in operations):
        others = [each for each in kinds if each not in operations]
        operation = {"$ref": SCHEMAS + "Operation"}
        return {"anyOf": [operation, *others]} if others else operation
    portable = {key: _portable(value, operations) for key, value in schema.items()}
    first, *others = portable.get("prefixItems", (None,))
    if first is not None and all(each == first for each in others):  # a pair is a list of two
        del portable["prefixItems"]
        portable["items"] = first
    if isinstance(portable.get("pattern"), str):
        # Lone surrogates are no text, and not every language's patterns can name them.
        portable["pattern"] = portable["pattern"].replace(r"\Z", "$").replace(r"\ud800-\udfff", "")
    if set(portable.get("properties", {}).get("type", ())) == {"enum"}:  # a message's tag
        (tag,) = portable["properties"]["type"]["enum"]
        portable["properties"]["type"] = {"const": tag}
    return portable


def _explained(schema: dict[str, Any], struct: type[Struct] | None) -> dict[str, Any]:
    """The schema with its Struct's docstring, each field's part of it at the field."""
    schema.pop("description", None)
    if struct is None:
        return schema
    text, meanings = described(struct)
    properties = schema["properties"]
    for name, meaning in meanings.items():
        field = properties[name]
        properties[name] = (
            {"allOf": [field], "description": meaning}
            if "$ref" in field  # what stands beside a reference is ignored
            else {**field, "description": meaning}
        )
    return {"title": schema["title"], "description": text, **schema} if text else schema


def described(struct: type[Struct]) -> tuple[str, dict[str, str]]:
    """A Struct's docstring: what it says of all, and of single fields (`field: …`)."""
    text = inspect.cleandoc(struct.__doc__ or "")
    if text.startswith(f"{struct.__name__}("):  # what a class without one is given
        text = ""
    names = "|".join(re.escape(field.encode_name) for field in msgspec.structs.fields(struct))
    begins = re.compile(rf"(?:^|(?<=[.;)] ))((?:{names})(?:, (?:{names}))*): ", re.MULTILINE)
    flat = _flowing(text)
    found = list(begins.finditer(flat))
    meanings = {}
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(flat)
        meaning = flat[match.end() : end].strip().rstrip(";")
        for name in match[1].split(", "):
            meanings[name] = meaning if meaning.endswith(".") else f"{meaning}."
    return (flat[: found[0].start()] if found else flat).strip(), meanings


def _flowing(text: str) -> str:
    """The paragraphs of a text, each in one line."""
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(" ".join(part.split()) for part in paragraphs)


def _reachable(structs: tuple[type[Struct], ...]) -> Iterator[type[Struct]]:
    """The Structs and what their fields hold, once each."""
    seen: set[Any] = set()
    waiting: list[Any] = list(structs)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, Struct):
            if kind in seen:
                continue
            seen.add(kind)
            yield kind
            waiting += (field.type for field in msgspec.structs.fields(kind))
        else:
            waiting += get_args(kind)
