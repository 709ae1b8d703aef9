"""The OpenAPI document of the REST interface, made by Litestar from the same Structs.

Litestar 2.25 asks whether a field's default is in a set, and fails on one that holds a map; this
describes Structs as it does, without that question.
"""

from typing import TYPE_CHECKING, Literal

import msgspec
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, OAuthFlow, OAuthFlows, Schema, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin
from litestar.plugins.core._msgspec import kwarg_definition_from_field
from litestar.types import Empty
from litestar.typing import FieldDefinition
from msgspec import NODEFAULT, Struct
from msgspec.inspect import Field, StructType

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

CONFIG = OpenAPIConfig(
    title="Cohort",
    version="1",
    description="Sessions, the catalogue, and what programs do without a socket. "
    "The live protocol has a reference of its own: /docs/live.",
    path="/docs",
    render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    components=Components(
        security_schemes={
            "token": SecurityScheme(type="http", scheme="bearer"),
            "password": SecurityScheme(
                type="oauth2",
                flows=OAuthFlows(
                    password=OAuthFlow(
                        token_url="/api/v1/token",  # noqa: S106
                        refresh_url="/api/v1/token",
                        scopes={},
                    )
                ),
            ),
            "invitation": SecurityScheme(
                type="apiKey", name="Invitation", security_scheme_in="header"
            ),
        }
    ),
)


class StructSchemas(OpenAPISchemaPlugin):
    """Describes Structs, with those defaults that are plain values."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(Struct)

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: "SchemaCreator"
    ) -> Schema:
        hints = field_definition.get_type_hints(include_extras=True, resolve_generics=True)
        struct = msgspec.inspect.type_info(field_definition.type_)
        assert isinstance(struct, StructType)
        fields = {
            field.encode_name: _described(field, hints[field.name]) for field in struct.fields
        }
        required = [field.encode_name for field in struct.fields if field.required]
        if struct.tag_field:
            tag = Literal[struct.tag]  # type: ignore[name-defined]
            fields[struct.tag_field] = FieldDefinition.from_annotation(tag)
            required.append(struct.tag_field)
        return schema_creator.create_component_schema(
            field_definition, required=sorted(required), property_fields=fields
        )


def _described(field: Field, annotation: object) -> FieldDefinition:
    limits, _ = kwarg_definition_from_field(field)
    is_plain = isinstance(field.default, str | int | float)
    return FieldDefinition.from_annotation(
        annotation,
        name=field.encode_name,
        default=field.default if is_plain and field.default is not NODEFAULT else Empty,
        **({"kwarg_definition": limits} if limits else {}),
    )
