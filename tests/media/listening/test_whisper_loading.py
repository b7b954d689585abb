"""A model is found, loaded once, and missed only once."""

import threading

import pytest

from cutroom.media.listening.whisper_loading import load_whisper
from cutroom.records.errors import ModelMissing


def test_a_folder_is_loaded_once(whisper_folder, tmp_path):
    """However many ask at the same time, they share one model."""
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(load_whisper(str(whisper_folder), "cpu", tmp_path))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert all(whisper is found[0] for whisper in found)
    assert found[0].place == "cpu"


def test_a_report_does_not_tell_where_a_model_lies(whisper_folder, tmp_path):
    """The name of a folder is its last part."""
    assert load_whisper(str(whisper_folder), "auto", tmp_path).name == whisper_folder.name


@pytest.mark.parametrize("missing", ["model.bin", "config.json", "tokenizer.json"])
def test_a_folder_without_all_its_files_is_no_model(whisper_folder, tmp_path, missing):
    """Such as an interrupted download leaves behind; nothing is fetched behind our back."""
    for file in whisper_folder.iterdir():
        if file.name != missing:
            (tmp_path / file.name).write_bytes(file.read_bytes())

    with pytest.raises(ModelMissing, match="no CTranslate2 Whisper model") as caught:
        load_whisper(str(tmp_path), "cpu", tmp_path)

    assert "tokenizer.json" in caught.value.hint


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./nowhere", "~/nowhere/at/all"])
def test_a_path_is_never_looked_up_on_the_hub(tmp_path, name):
    """What looks like a folder is one."""
    with pytest.raises(ModelMissing, match="no CTranslate2 Whisper model"):
        load_whisper(name, "cpu", tmp_path)


def test_a_name_nobody_knows_is_missing(tmp_path):
    """The error lists the names there are."""
    with pytest.raises(ModelMissing, match="large-v3-turbo"):
        load_whisper("smol", "cpu", tmp_path)


def test_a_missing_model_is_remembered(whisper_folder, tmp_path):
    """A job of many windows asks once, not once a window."""
    folder = tmp_path / "late"
    with pytest.raises(ModelMissing):
        load_whisper(str(folder), "cpu", tmp_path)
    folder.mkdir()
    for file in whisper_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())

    with pytest.raises(ModelMissing):
        load_whisper(str(folder), "cpu", tmp_path)
