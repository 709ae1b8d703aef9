"""Traces by OpenTelemetry: a span for each HTTP request, and one for each edit with its parts.

What the SDK can be told by the standard `OTEL_…` variables (sampling, headers, service name) it
reads by itself. Spans go out in batches, by a thread of the SDK's; a collector that is away costs
spans, nothing else. A live socket has no span: it would last as long as the socket.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from importlib.metadata import version
from time import time_ns

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

FLUSH_S = 1.0  # at the end
UNNAMED = "unknown_service"  # what the SDK calls a service that nobody named

_propagator = TraceContextTextMapPropagator()


class Tracing:
    """endpoint: of a collector, as OTLP over HTTP has it (`http://host:4318`). worker: which."""

    def __init__(self, endpoint: str, worker: str) -> None:
        about = Resource.create(
            {"service.version": version("cohort"), "service.instance.id": worker}
        )
        if str(about.attributes[SERVICE_NAME]).startswith(UNNAMED):
            about = about.merge(Resource({SERVICE_NAME: "cohort"}))
        self._provider = TracerProvider(resource=about, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("cohort")

    def request(self, method: str, trusted: Mapping[str, str]) -> "RequestSpan":
        """A request has come. trusted: the headers that may say of which trace it is a part."""
        span = self._tracer.start_span(
            method,
            context=_propagator.extract(trusted) if trusted else None,
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
        )
        return RequestSpan(span)

    def edit(self, session: str, edit: str) -> "EditSpan":
        """An edit has come: part of the request that brought it, if one did."""
        span = self._tracer.start_span(
            "edit", attributes={"cohort.session": session, "cohort.edit": edit}
        )
        return EditSpan(self._tracer, span)

    def fan_out(self, tier: str) -> Callable[[], object] | None:
        """A change goes to the sockets here; to be called when it is written. None: it is no
        part of an edit that was made here."""
        if not trace.get_current_span().is_recording():
            return None
        return self._tracer.start_span("fan-out", attributes={"cohort.tier": tier}).end

    async def close(self) -> None:
        """Send what is left, but do not wait for ever."""
        loop = asyncio.get_running_loop()
        sent = asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the loop is over: nobody waits any more
                loop.call_soon_threadsafe(sent.set)

        # Not of the loop's threads: for those Python waits when it ends.
        threading.Thread(target=shut_down, daemon=True).start()
        try:
            async with asyncio.timeout(FLUSH_S):
                await sent.wait()
        except TimeoutError:
            return


class RequestSpan:
    """An HTTP request, while it is answered."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    def current(self) -> AbstractContextManager[Span]:
        """What begins in this context is part of it."""
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def answered(self, method: str, route: str, status: int, request: str) -> None:
        """route: the template; request: the id that is in the logs."""
        self._span.update_name(f"{method} {route}".rstrip())
        self._span.set_attributes(
            {"http.route": route, "http.response.status_code": status, "cohort.request": request}
        )
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class EditSpan:
    """An edit and its parts: `decide`, `commit`, `fan-out`. Times are told afterwards."""

    __slots__ = ("_began", "_decided", "_span", "_tracer")

    def __init__(self, tracer: trace.Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._began = self._decided = time_ns()

    def begins(self) -> None:
        self._began = time_ns()

    def decided(self) -> None:
        self._decided = time_ns()

    def durable(self) -> AbstractContextManager[Span]:
        if self._span.is_recording():  # else it is of those that are left out
            now = time_ns()
            self._part("decide", self._began, self._decided)
            self._part("commit", self._decided, now)
        return trace.use_span(self._span)

    def answered(self, code: str) -> None:
        if code:
            self._span.set_attribute("cohort.refused", code)
        self._span.end()

    def _part(self, name: str, began: int, ended: int) -> None:
        context = trace.set_span_in_context(self._span)
        self._tracer.start_span(name, context=context, start_time=began).end(ended)
