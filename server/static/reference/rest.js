/** The page of the REST interface: Swagger UI over this server's document, and nothing from elsewhere. */

const { SwaggerUIBundle } = globalThis;

globalThis.rest = SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#rest",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  validatorUrl: null,
});
