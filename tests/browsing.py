"""Open pages in Chromium with the network off, and note whatever they try."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK, PHONE = (1440, 900), (390, 844)


@dataclass
class Watched:
    """A page and all it tried: requests off the machine, console errors, dialogs."""

    page: Page
    trouble: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def on_request(self, request: Request) -> None:
        """Note whatever is not the file itself, nor a table made in the page."""
        if not request.url.startswith(("file:", "blob:")):
            self.requests.append(request.url)

    def on_console(self, message: ConsoleMessage) -> None:
        """Note errors and warnings; policy violations are errors."""
        if message.type in {"error", "warning"}:
            self.trouble.append(message.text)

    def on_dialog(self, dialog: Dialog) -> None:
        """Note that something ran."""
        self.trouble.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def text(self, selector: str) -> str:
        """Return the text of the first element."""
        return self.page.locator(selector).first.inner_text()

    @property
    def quiet(self) -> bool:
        """Tell whether nothing was fetched, said or run."""
        return not self.trouble and not self.requests


@dataclass
class Opener:
    """Open pages from a file, each in a context of its own."""

    browser: Browser
    folder: Path
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self,
        html: str,
        size: tuple[int, int] = DESK,
        *,
        serve: Callable[[str], str] | None = None,
        **options: Any,  # noqa: ANN401 - those of a browser's context
    ) -> Watched:
        """Open a page and wait until it is drawn; ``serve`` answers its requests with SVG."""
        path = self.folder / f"page{len(self.contexts)}.html"
        path.write_text(html, encoding="utf-8")
        asked = {"locale": "en-GB", "offline": serve is None, **options}
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, **asked)
        self.contexts.append(context)
        seen = Watched(context.new_page())
        if serve is not None:
            seen.page.route(
                lambda url: not url.startswith("file:"),
                lambda route: route.fulfill(
                    body=serve(route.request.url), content_type="image/svg+xml"
                ),
            )
        seen.page.on("request", seen.on_request)
        seen.page.on("console", seen.on_console)
        seen.page.on("dialog", seen.on_dialog)
        seen.page.on("pageerror", lambda error: seen.trouble.append(str(error)))
        seen.page.goto(path.as_uri())
        if "siting-plan" in html:
            seen.page.wait_for_selector("html[data-ready]", timeout=20_000)
        return seen

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()
