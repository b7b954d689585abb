"""Which values of the settings and of the environment are secret."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from blocks.settings import Settings

ENVIRONMENT = (
    "PREFECT_API_KEY",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_SERVER_API_AUTH_STRING",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GOOGLE_API_KEY",
    "GEMINI_API_KEY",
)
"""Variables of others whose value is a secret."""
ADDRESSES = ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL")
"""Variables of others that hold an address with a password."""
_COOKIE_FIELDS = 7
"""In a line of cookies.txt; the last one is the value."""


def secret_values(settings: Settings) -> Iterator[str]:
    """Yield everything that must not be told, whatever it looks like."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
            yield from _password(value.get_secret_value())
    yield from _password(settings.catalog_url)
    if settings.page_cookies is not None:
        yield from _cookies(settings.page_cookies)
    for name in ENVIRONMENT:
        yield os.environ.get(name, "")
    for name in ADDRESSES:
        yield from _password(os.environ.get(name, ""))


def _password(address: str) -> Iterator[str]:
    """Yield the password in an address, as it stands there and as it is meant."""
    try:
        password = urlsplit(address).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)


def _cookies(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        fields = line.split("\t")
        if len(fields) == _COOKIE_FIELDS:
            yield fields[-1]
