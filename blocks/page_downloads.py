"""What pages want to be shown before they give their video."""

import json
import os
from pathlib import Path
from typing import Self

from prefect.blocks.core import Block
from prefect.types import SecretDict
from pydantic import Field, HttpUrl, SecretStr

from blocks.kinds import DOCUMENTATION
from blocks.settings import Settings


class PageDownloads(Block):
    """Cookies, a proxy and extractor arguments for yt-dlp, all of them kept as secrets."""

    _block_type_name = "Cutroom Page Downloads"
    _block_type_slug = "cutroom-page-downloads"  # the server's key for saved blocks: never rename
    _description = "Cookies, a proxy and yt-dlp's extractor arguments for pages that want them."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/webhook.png"
    )
    _documentation_url = HttpUrl(DOCUMENTATION)
    _code_example = """
```python
from pathlib import Path

from blocks.page_downloads import PageDownloads

cookies = Path("cookies.txt").read_text()
PageDownloads(cookies=cookies).save("cutroom", overwrite=True)
```
"""

    cookies: SecretStr | None = Field(
        default=None, description="A cookies.txt as browsers' extensions export it, whole."
    )
    proxy: SecretStr | None = Field(default=None, description="http://USER:PASSWORD@HOST:PORT")
    extractor_args: SecretDict | None = Field(
        default=None, description='Such as {"youtube": {"player_client": ["web"]}}.'
    )

    @classmethod
    def from_settings(cls, chosen: Settings) -> Self | None:
        """Return a block that says what the settings say; None where they say nothing."""
        path, arguments = chosen.page_cookies, chosen.page_extractor_args
        if path is None and chosen.page_proxy is None and not arguments:
            return None
        return cls(
            cookies=SecretStr(path.read_text()) if path else None,
            proxy=chosen.page_proxy,
            extractor_args=SecretDict(arguments) if arguments else None,
        )

    def variables(self, home: Path) -> dict[str, str]:
        """Return the `CUTROOM_*` variables that say the same; cookies go into a file of ours."""
        said: dict[str, str] = {}
        if self.cookies is not None:
            path = home / "secrets" / "cookies.txt"
            _write_secret(path, self.cookies.get_secret_value())
            said["CUTROOM_PAGE_COOKIES"] = str(path)
        if self.proxy is not None:
            said["CUTROOM_PAGE_PROXY"] = self.proxy.get_secret_value()
        if self.extractor_args is not None:
            arguments = self.extractor_args.get_secret_value()
            said["CUTROOM_PAGE_EXTRACTOR_ARGS"] = json.dumps(arguments)
        return said


def _write_secret(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
