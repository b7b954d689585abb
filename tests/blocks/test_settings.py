"""Settings come from the environment, and secrets in them stay secret."""

import pytest
from pydantic import ValidationError

from blocks.settings import Settings


def test_every_setting_is_a_variable(monkeypatch, tmp_path):
    """`CUTROOM_*` wins over the defaults."""
    monkeypatch.setenv("CUTROOM_HOME", str(tmp_path))
    monkeypatch.setenv("CUTROOM_MAX_BYTES", "1000")
    monkeypatch.setenv("CUTROOM_ALLOWED_HOSTS", '["intranet:8080"]')

    chosen = Settings()

    assert chosen.limits.size_bytes == chosen.fetch_limits.size_bytes == 1000
    assert chosen.page.allowed_hosts == ("intranet:8080",)
    assert chosen.catalog == f"sqlite:///{tmp_path / 'catalog.db'}"


def test_a_wrong_setting_is_refused(monkeypatch):
    """A typing error is said at once, not after an hour."""
    monkeypatch.setenv("CUTROOM_MAX_BYTES", "lots")

    with pytest.raises(ValidationError, match="max_bytes"):
        Settings()


def test_secrets_do_not_print(monkeypatch):
    """A proxy's password is in no repr."""
    monkeypatch.setenv("CUTROOM_PAGE_PROXY", "http://me:canary@proxy:8080")

    assert "canary" not in repr(Settings())
    assert "canary" not in repr(Settings().page)
