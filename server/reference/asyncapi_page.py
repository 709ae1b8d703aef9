"""The live protocol's reference as a page: plain HTML, made once from the AsyncAPI document.

No script, nothing from elsewhere: it works offline and under the strictest policy. Everything is
open at once, so the browser's own search finds it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

import msgspec

from server.reference.schemas import SCHEMAS

Schema = Mapping[str, Any]

_LIMITS = {
    "minLength": "{} or more",
    "maxLength": "{} characters at most",
    "minItems": "{} or more",
    "maxItems": "{} at most",
    "minimum": "from {}",
    "maximum": "to {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
}


def page(reference: Mapping[str, Any]) -> str:
    """The whole page."""
    channel = reference["channels"]["session"]
    messages = channel["messages"]
    operations = reference["operations"]
    schemas: Mapping[str, Schema] = reference["components"]["schemas"]
    sent = [messages[kind] for kind, each in operations.items() if each["action"] == "receive"]
    told = [messages[kind] for kind, each in operations.items() if each["action"] == "send"]
    edits = {
        name: schemas[name]["properties"]["type"]["const"]
        for name in map(_named, schemas["Operation"]["oneOf"])
    }
    own = {_named(each["payload"]) for each in (*sent, *told)} | {*edits, "Operation"}
    parts = [name for name in schemas if name not in own]

    def article(message: Mapping[str, Any]) -> str:
        kind = message["name"]
        answers = [
            _last(each["$ref"]) for each in operations[kind].get("reply", {}).get("messages", ())
        ]
        return _message(message, schemas[_named(message["payload"])], answers)

    return _document(
        reference["info"]["title"],
        _contents(sent, told, edits, parts),
        _overview(reference["info"], channel["address"]),
        _section("sent", "A client sends", map(article, sent)),
        _section("told", "A server sends", map(article, told)),
        _closes(channel["x-close-codes"]),
        _refusals(channel["x-refusal-codes"]),
        _section(
            "operations",
            "Operations of an edit",
            (_part(name, schemas[name], tag) for name, tag in edits.items()),
            schemas["Operation"]["description"],
        ),
        _section(
            "parts", "Parts of messages", (_part(name, schemas[name], name) for name in parts)
        ),
    )


def _document(title: str, contents: str, *sections: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style/theme.css">
<link rel="stylesheet" href="/style/reference.css">
</head>
<body class="reference">
{contents}
<main>
{"".join(sections)}</main>
</body>
</html>
"""


def _contents(
    sent: Iterable[Mapping[str, Any]],
    told: Iterable[Mapping[str, Any]],
    edits: Mapping[str, str],
    parts: Iterable[str],
) -> str:
    def links(names: Iterable[tuple[str, str]]) -> str:
        items = (f'<li><a href="#{where}">{escape(name)}</a></li>' for where, name in names)
        return f"<ul>{''.join(items)}</ul>"

    messages = [
        (heading, where, [(each["name"], each["name"]) for each in group])
        for heading, where, group in (
            ("A client sends", "sent", sent),
            ("A server sends", "told", told),
        )
    ]
    groups = (
        *messages,
        ("Close codes", "closes", []),
        ("Refusal codes", "refusals", []),
        ("Operations", "operations", [(name, tag) for name, tag in edits.items()]),
        ("Parts", "parts", [(name, name) for name in parts]),
    )
    body = "".join(
        f'<h2><a href="#{where}">{heading}</a></h2>{links(names) if names else ""}'
        for heading, where, names in groups
    )
    return f'<nav aria-label="Contents"><p><a href="#top">The live protocol</a></p>{body}</nav>\n'


def _overview(info: Mapping[str, Any], address: str) -> str:
    return (
        f'<header id="top"><h1>{escape(info["title"])}</h1>'
        f"<p><code>GET {escape(address)}</code> as a WebSocket · version {escape(info['version'])}"
        ' · <a href="/docs/live/asyncapi.json">the AsyncAPI 3 document</a>'
        ' · <a href="/docs">the REST interface</a></p>'
        f"{_prose(info['description'])}</header>\n"
    )


def _section(where: str, heading: str, articles: Iterable[str], text: str = "") -> str:
    return f'<section id="{where}"><h2>{heading}</h2>{_prose(text)}{"".join(articles)}</section>\n'


def _message(message: Mapping[str, Any], schema: Schema, answers: list[str]) -> str:
    examples = "".join(
        f"<figure><figcaption>As a test has seen it</figcaption>"
        f"<pre>{_json(each['payload'])}</pre></figure>"
        for each in message.get("examples", ())
    )
    text = "\n\n".join(filter(None, (message["summary"], message.get("description", ""))))
    return (
        f'<article id="{message["name"]}"><h3 id="{_named(message["payload"])}">'
        f"<code>{message['name']}</code></h3>"
        f"{_prose(text)}"
        + (f"<p class='answers'>{_answered(answers)}</p>" if answers else "")
        + _fields(schema)
        + f"{examples}</article>\n"
    )


def _answered(answers: list[str]) -> str:
    links = [f'<a href="#{each}"><code>{each}</code></a>' for each in answers]
    if answers == ["refused"]:
        return f"Not answered, unless it is {links[0]}."
    return f"Answered by {' or '.join(links)}."


def _part(name: str, schema: Schema, heading: str) -> str:
    return (
        f'<article id="{name}"><h3><code>{heading}</code></h3>'
        f"{_prose(schema.get('description', ''))}{_fields(schema)}</article>\n"
    )


def _fields(schema: Schema) -> str:
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><th scope='row'><code>{escape(name)}</code>"
        f"{'' if name in required else '<small>may be absent</small>'}</th>"
        f"<td>{_kind(field)}{_limits(field)}</td>"
        f"<td>{_inline(_sentence(field.get('description', '')))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table><tbody>{rows}</tbody></table>" if rows else ""


def _kind(schema: Schema) -> str:
    """A field's type in words, with links to the parts."""
    if "$ref" in schema:
        name = _named(schema)
        return f'<a href="#{"operations" if name == "Operation" else name}">{name}</a>'
    if "allOf" in schema:
        return _kind(schema["allOf"][0])
    if "const" in schema:
        return f"<code>{_json(schema['const'])}</code>"
    if "enum" in schema:
        return " | ".join(f"<code>{_json(each)}</code>" for each in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(_kind(each) for each in schema[union])
    match schema.get("type"):
        case "array":
            items = schema.get("items")
            return f"list of {_kind(items)}" if isinstance(items, Mapping) else "list"
        case "object":
            held = schema.get("additionalProperties")
            return f"map of {_kind(held)}" if isinstance(held, Mapping) and held else "map"
        case str(plain):
            return plain
        case _:
            return "any"


def _limits(schema: Schema) -> str:
    """What a value is held to, and what it is when it is absent."""
    said = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
    items = schema.get("items")
    if isinstance(items, Mapping):
        said += [f"each {words.format(items[k])}" for k, words in _LIMITS.items() if k in items]
    default = schema.get("default")
    if default not in (None, "", [], {}):
        said.append(f"{_plain(default)} when absent")
    limits = f"<small>{escape(', '.join(said))}</small>" if said else ""
    if "pattern" in schema:
        limits += f"<small><code>{escape(schema['pattern'])}</code></small>"
    return limits


def _closes(codes: Mapping[str, Mapping[str, str]]) -> str:
    rows = "".join(
        f"<tr><th scope='row'><code>{code}</code></th><td>{_inline(each['meaning'])}</td>"
        f"<td>{_inline(each['reconnect'])}</td></tr>"
        for code, each in codes.items()
    )
    return (
        '<section id="closes"><h2>Close codes</h2><p>Every close has a reason that a person can '
        "read. 1006 is the network: come back.</p><article><table><thead><tr><th>code</th>"
        f"<th>meaning</th><th>come back?</th></tr></thead><tbody>{rows}</tbody></table></article>"
        "</section>\n"
    )


def _refusals(codes: Mapping[str, Mapping[str, str]]) -> str:
    rows = "".join(
        f"<tr><th scope='row'><code>{code}</code></th><td>{_inline(each['meaning'])}</td>"
        f"<td>{each.get('rule', '')}</td></tr>"
        for code, each in codes.items()
    )
    return (
        '<section id="refusals"><h2>Refusal codes</h2><p>The <code>code</code> of a '
        '<a href="#refused"><code>refused</code></a>. They stay as they are; more may come.</p>'
        "<article><table><thead><tr><th>code</th><th>meaning</th><th>rule of the game</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></article></section>\n"
    )


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(each)}</p>" for each in text.split("\n\n") if each)


def _inline(text: str) -> str:
    """A sentence with its `code`."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)')


def _json(value: Any) -> str:
    """JSON with its keys, strings and numbers marked."""
    return "".join(_marked(_plain(value)))


def _plain(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def _marked(text: str) -> Iterator[str]:
    end = 0
    for match in _TOKEN.finditer(text):
        yield escape(text[end : match.start()])
        string, colon, other = match.groups()
        mark = "b" if colon else "i" if string else "u"
        yield f"<{mark}>{escape(string or other, quote=False)}</{mark}>{colon or ''}"
        end = match.end()
    yield escape(text[end:])


def _named(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(SCHEMAS)


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
