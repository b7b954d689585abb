"""Settings that a fleet shares lie in blocks; a host's own settings win."""

import os

import pytest
from fleet import alone_with_blocks

from blocks.settings import settings
from deployments.fleet import server

# ruff: noqa: PLC0415
# Prefect reads its settings on import, and those of a house are temporary.

SHARED = {
    "CUTROOM_CATALOG_URL": "postgresql://me:canary-1@db/cutroom",
    "CUTROOM_SPEECH_MODEL": "large-v3-turbo",
    "CUTROOM_S3_BUCKET": "films",
    "CUTROOM_S3_PREFIX": "team",
    "CUTROOM_S3_ENDPOINT": "http://127.0.0.1:9",
    "CUTROOM_S3_REGION": "eu-central-1",
    "CUTROOM_S3_ACCESS_KEY": "canary-2",
    "CUTROOM_S3_SECRET_KEY": "canary-3",
    "CUTROOM_SCRATCH_LIMIT": "1000000",
    "CUTROOM_PAGE_PROXY": "http://me:canary-4@proxy:8080",
    "CUTROOM_PAGE_EXTRACTOR_ARGS": '{"youtube": {"player_client": ["web"]}}',
    "CUTROOM_LANGUAGE_MODEL": "gemini",
    "CUTROOM_LANGUAGE_KEY": "canary-5",
}


@pytest.fixture
def no_blocks(house):
    """Keep this test's blocks from all others."""
    with alone_with_blocks():
        yield


def test_what_one_host_saves_another_loads(house, no_blocks, monkeypatch, tmp_path):
    """All of it, the cookies' file too, and nothing that the other has set itself."""
    from blocks.loading import load_blocks
    from blocks.saving import save_blocks

    cookies = tmp_path / "cookies.txt"
    cookies.write_text("# Netscape HTTP Cookie File\ncanary-6\n")
    for name, value in {**SHARED, "CUTROOM_PAGE_COOKIES": str(cookies)}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    saved = save_blocks(settings())
    assert len(saved) == 5

    for name in (*SHARED, "CUTROOM_PAGE_COOKIES"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("CUTROOM_SPEECH_MODEL", "tiny")
    settings.cache_clear()
    taken = load_blocks()

    kept = house.home / "secrets" / "cookies.txt"
    assert {name: os.environ[name] for name in SHARED} == {**SHARED, "CUTROOM_SPEECH_MODEL": "tiny"}
    assert sorted({*SHARED, "CUTROOM_PAGE_COOKIES"} - {"CUTROOM_SPEECH_MODEL"}) == taken
    assert settings().page_cookies == kept
    assert kept.read_text() == cookies.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_no_page_of_the_server_shows_a_secret(house, no_blocks, monkeypatch):
    """Documents are read back with their secrets hidden."""
    from blocks.saving import save_blocks

    for name, value in SHARED.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    save_blocks(settings())

    with server() as client:
        documents = client.read_block_documents(limit=100, include_secrets=False)
    shown = "".join(document.model_dump_json() for document in documents)
    assert "films" in shown
    for number in (1, 3, 4, 5):
        assert f"canary-{number}" not in shown


def test_what_someone_filled_in_stays_unless_told_otherwise(house, no_blocks, monkeypatch):
    """Set-up may be run on any host at any time."""
    from blocks.loading import load
    from blocks.saving import save_blocks
    from blocks.speech_model import SpeechModel

    SpeechModel(model="by hand").save("cutroom")
    monkeypatch.setenv("CUTROOM_SPEECH_MODEL", "tiny")
    settings.cache_clear()

    save_blocks(settings())
    assert load(SpeechModel).model == "by hand"
    save_blocks(settings(), overwrite=True)
    assert load(SpeechModel).model == "tiny"


def test_each_kind_introduces_itself(house):
    """A person who meets it in Prefect's pages knows what it is for."""
    from blocks.kinds import block_classes

    for kind in block_classes():
        assert kind.get_description()
        assert kind.get_code_example()
        assert kind._logo_url
        assert kind._documentation_url
        schema = kind.model_json_schema()
        assert all(field.get("description") for field in schema["properties"].values()), kind


def test_order_defaults_are_taken_by_name(house, no_blocks, capsys, tmp_path):
    """What the command line says wins over them, and a wrong one is said by its name."""
    from blocks.order_defaults import OrderDefaults
    from cutroom.cli import main

    OrderDefaults(recipe={"layout": "vertical", "clips": 3}).save("shorts", overwrite=True)
    assert main(["video", "a.mp4", "--defaults", "shorts", "--clips", "201"]) == 2
    assert "clips" in capsys.readouterr().err
    OrderDefaults(recipe={"layuot": "vertical"}).save("shorts", overwrite=True)
    assert main(["video", "a.mp4", "--defaults", "shorts"]) == 2
    assert "layuot" in capsys.readouterr().err
    assert main(["video", "a.mp4", "--defaults", "no such"]) == 2
    assert "no such" in capsys.readouterr().err
