"""The overlay's page: the test is the stream."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow

STREAM = """
    window.streams = [];
    const ask = window.fetch;
    window.fetch = (path, given) => {
        if (!String(path).includes("/totals/stream")) return ask(path, given);
        return new Promise((answer) => streams.push((status) => {
            const body = new ReadableStream({ start: (stream) => { window.stream = stream; } });
            answer(new Response(body, { status }));
        }));
    };
    window.tell = (text) => stream.enqueue(new TextEncoder().encode(text));
"""
TOTALS = (
    'id: e-4\nevent: totals\ndata: {"totals": {"defense.melee": {"value": 1, "capped": 1}}}\n\n'
)


def test_an_overlay_that_is_connected_again_is_not_faded(window: OpenWindow) -> None:
    page = window()
    page.add_init_script(STREAM)
    page.goto("/s/any/overlay?stats=defense.melee#secret")
    page.wait_for_function("() => streams.length === 1")
    page.evaluate("(totals) => { streams[0](200); tell(totals); }", TOTALS)
    expect(page.get_by_role("definition")).to_have_text("100%")
    page.evaluate("stream.close()")
    faded = page.locator("main.stale")
    expect(faded).to_have_count(1)
    page.wait_for_function("() => streams.length === 2")
    page.evaluate("streams[1](503)")
    page.wait_for_function("() => streams.length === 3")
    expect(faded).to_have_count(1)
    page.evaluate("() => { streams[2](200); tell('retry: 1000\\n\\n'); }")
    expect(faded).to_have_count(0)  # though nothing has changed since
    expect(page.get_by_role("definition")).to_have_text("100%")
