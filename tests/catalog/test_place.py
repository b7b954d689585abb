"""Addresses are understood, or refused without being repeated."""

import pytest

from cutroom.catalog.place import locate
from cutroom.records.errors import CatalogUnavailable


def test_a_relative_file_is_made_absolute(tmp_path, monkeypatch):
    """The process may go to another folder later; the catalog stays where it is."""
    monkeypatch.chdir(tmp_path)

    assert locate("sqlite:///catalog.db").file == tmp_path / "catalog.db"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_every_spelling_of_postgresql_uses_the_driver_that_we_carry(scheme):
    """People copy addresses from elsewhere."""
    place = locate(f"{scheme}://ann:geheim@db.example:5433/cutroom")

    assert place.url.drivername == "postgresql+psycopg"
    assert place.name == "PostgreSQL at db.example:5433"
    assert place.file is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "catalog.db",
        "/folder/catalog.db",
        "mysql://ann:geheim@db.example/cutroom",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:catalog.db?mode=ro&uri=true",
        "postgresql://ann:geheim@db.example:port/cutroom",
        "postgresql://ann:geh@eim@db.example/cutroom",
    ],
)
def test_an_address_of_no_catalog_is_refused(url):
    """With an example of what is meant, and without repeating what was given."""
    with pytest.raises(CatalogUnavailable, match="The catalog's address") as caught:
        locate(url)

    assert "sqlite:////" in caught.value.hint
    assert "geheim" not in str(caught.value)
    assert "eim@" not in str(caught.value)


def test_a_place_shows_no_password():
    """Neither as text nor as a representation."""
    place = locate("postgresql://ann:geheim@db.example/cutroom?password=auchgeheim")

    assert "geheim" not in f"{place} {place!r} {place.name}"
    assert set(place.secrets) == {"geheim", "auchgeheim"}
