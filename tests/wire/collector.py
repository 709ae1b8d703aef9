"""A collector of OpenTelemetry traces that a test runs: it keeps every span that it is sent."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """OTLP over HTTP on a port of its own. `spans` are as they came (protobuf)."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[dict[str, str]] = []
        self._more = threading.Condition()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = ExportTraceServiceRequest()
                sent.ParseFromString(self.rfile.read(int(self.headers["content-length"])))
                assert self.path == "/v1/traces"
                with collector._more:
                    for each in sent.resource_spans:
                        collector.resources.append(values(each.resource))
                        for scope in each.scope_spans:
                            collector.spans += scope.spans
                    collector._more.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, name: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """The span of this name that fits, once it is there."""
        found: list[Any] = []

        def there() -> bool:
            found[:] = [span for span in self.spans if span.name == name and fits(span)]
            return bool(found)

        with self._more:
            assert self._more.wait_for(there, 60), self.spans
        assert len(found) == 1, found
        return found[0]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def values(of: Any) -> dict[str, Any]:
    """The attributes of a span or a resource."""
    found = {}
    for each in of.attributes:
        found[each.key] = getattr(each.value, each.value.WhichOneof("value"))
    return found
