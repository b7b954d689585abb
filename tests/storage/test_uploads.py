"""People send files straight to the bucket, by a form that fixes everything but the file."""

import base64
import json

import httpx
import pytest

from cutroom.records.upload import UploadForm
from cutroom.storage.uploads import BucketUploads, is_upload_of, new_upload, sign_link


def policy_of(form: UploadForm) -> dict:
    return json.loads(base64.b64decode(form.fields["policy"]))


def post(form: UploadForm, content: bytes) -> httpx.Response:
    return httpx.post(form.url, data=form.fields, files={"file": ("any name", content)})


def test_a_form_lets_one_file_in(store, tmp_path):
    """What a browser posts is what we find, with the name its owner gave it."""
    form = new_upload(store, "anna", 1000, "Reise nach Köln.mp4")
    assert post(form, b"video").status_code in {200, 201, 204}

    uploads = BucketUploads(store)
    found = uploads.find(form.key)
    assert (found.size_bytes, found.file_name) == (5, "Reise nach Köln.mp4")
    assert uploads.download(form.key, found, tmp_path / "source.bin")
    assert (tmp_path / "source.bin").read_bytes() == b"video"


def test_making_a_form_asks_the_store_nothing(store, gate):
    """It is signed here."""
    new_upload(store, "anna", 1000)

    assert gate.asked == []


def test_the_signature_covers_key_size_and_time(store):
    """The store refuses another key, a larger file, and a form from this morning."""
    form = new_upload(store, "anna", 1000)

    conditions = policy_of(form)["conditions"]
    assert ["content-length-range", 1, 1000] in conditions
    assert {"key": store.bucket.key(form.key)} in conditions
    assert {"bucket": store.bucket.name} in conditions
    assert form.expires_in == 3600


def test_every_form_has_a_key_of_its_own(store):
    """Nobody can write over another's upload."""
    assert new_upload(store, "anna", 1).key != new_upload(store, "anna", 1).key


@pytest.mark.parametrize("other", ["bert", "an-na", "ANNA", "anna/", "", "anna/../bert", "anna\n"])
def test_a_key_belongs_to_one_owner(store, other):
    """However alike two names look in a path."""
    key = new_upload(store, "anna", 1).key

    assert is_upload_of(key, "anna")
    assert not is_upload_of(key, other)


@pytest.mark.parametrize("end", ["", "/../../jobs/x", "0" * 31, "0" * 33, "../" + "0" * 29])
def test_what_only_begins_like_a_key_is_none(store, end):
    """No path leads out of the owner's folder."""
    folder = new_upload(store, "anna", 1).key[:-32]

    assert not is_upload_of(folder + end, "anna")


def test_what_has_not_arrived_is_not_found(store):
    """A form alone is no upload."""
    assert BucketUploads(store).find(new_upload(store, "anna", 1).key) is None


def test_a_file_put_in_its_place_meanwhile_is_not_taken_for_it(store, tmp_path):
    """The download asks for the very bytes that were looked at."""
    form = new_upload(store, "anna", 1000)
    post(form, b"first")
    uploads = BucketUploads(store)
    seen = uploads.find(form.key)
    post(form, b"other")

    assert not uploads.download(form.key, seen, tmp_path / "source.bin")
    assert list(tmp_path.iterdir()) == []


def test_a_signed_link_opens_an_object_without_a_key(store):
    """A player needs nothing but the address."""
    store.write("blobs/a.mp4", b"plays")

    answer = httpx.get(sign_link(store, "blobs/a.mp4", 60))

    assert answer.content == b"plays"
    assert answer.headers["content-type"] == "video/mp4"
