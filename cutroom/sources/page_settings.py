"""What a machine brings along for fetching pages."""

import shutil
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, SecretStr

from cutroom.records.base import Record

JavascriptRuntime = Literal["deno", "node", "bun", "quickjs"]
"""Programs that yt-dlp can solve a site's JavaScript with, the one it shuts in best first."""
_PROGRAMS: dict[JavascriptRuntime, str] = {"quickjs": "qjs"}
"""Programs that are not called like their runtime."""


class PageSettings(Record):
    """What a machine brings along for fetching pages."""

    extractor_args: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    """Per extractor, as yt-dlp's `--extractor-args`: `{"youtube": {"player_client": ("web",)}}`."""
    cookies_file: Path | None = None
    """In Netscape's format. Only a copy is shown to yt-dlp, which would write to it."""
    proxy: SecretStr | None = None
    """URL of an HTTP or SOCKS proxy; it may hold a password."""
    javascript_runtime: str | None = Field(
        default=None, pattern=rf"^({'|'.join(get_args(JavascriptRuntime))})(:.+)?$"
    )
    """`deno`, `node`, `bun` or `quickjs`, with `:` and a path where it is not on PATH; None takes
    the first that this machine has."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts outside the public Internet that may be asked, as `host` or `host:port`."""

    def javascript(self) -> dict[str, dict[str, str]]:
        """Return the runtime to use and where it lies, as yt-dlp takes it; empty for none."""
        if self.javascript_runtime:
            name, _, path = self.javascript_runtime.partition(":")
            return {name: {"path": path} if path else {}}
        for name in get_args(JavascriptRuntime):
            found = shutil.which(_PROGRAMS.get(name, name))
            if found:
                return {name: {"path": found}}
        return {}
