"""A bucket keeps blobs whole or not at all, whatever the line does meanwhile."""

import itertools
import os
import time

import pytest
from object_store import HASTY, Asked, Fault, leftovers

from cutroom.records.errors import BlobMissing, JobCancelled, StorageDenied, StorageUnavailable
from cutroom.records.stopping import stoppable
from cutroom.storage.lifecycle import abandon_multiparts
from cutroom.storage.local import describe
from cutroom.storage.multipart import MOST_PARTS, PART_BYTES, split
from cutroom.storage.patience import Patience
from cutroom.storage.s3 import S3Store, Upload, place


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """A file of two parts."""
    file = tmp_path_factory.mktemp("large") / "large.mp4"
    file.write_bytes(os.urandom(1 << 20) * 16 + b"x" * 1000)
    return file


@pytest.fixture
def small(tmp_path):
    file = tmp_path / "small.mp4"
    file.write_bytes(os.urandom(100_000))
    return file


def blob_of(file):
    return describe(file, file.suffix)


def fails(times, fault, when=lambda _asked: True):
    """Return a rule that spoils the first so many requests of a kind."""
    left = iter(range(times))  # taking the next is one step, also for several threads

    def rule(asked: Asked) -> Fault | None:
        return fault if when(asked) and next(left, None) is not None else None

    return rule


def brought_back(store, blob, tmp_path):
    store.deliver(blob, tmp_path / "back")
    return (tmp_path / "back").read_bytes()


def test_a_small_file_is_one_request(gate, store, small, tmp_path):
    """No question before, none after."""
    store.save(blob_of(small), small)

    assert dict(gate.verbs) == {"put": 1}
    assert brought_back(store, blob_of(small), tmp_path) == small.read_bytes()


def test_it_is_sent_with_its_checksum_and_only_if_nobody_did(gate, store, small):
    """The store itself refuses changed bytes and a second copy."""
    store.save(blob_of(small), small)

    (asked,) = gate.asked
    assert asked.headers["If-None-Match"] == "*"
    assert "x-amz-checksum-sha256" in {name.lower() for name in asked.headers}


def test_saving_twice_is_done_once(gate, store, small):
    """The second is told that the name is taken, and that is as good."""
    store.save(blob_of(small), small)
    store.save(blob_of(small), small)

    assert store.names("blobs/") == [place(blob_of(small))]


def test_a_large_file_goes_in_parts(gate, store, large, tmp_path):
    """One question first, then two parts between a beginning and an end."""
    store.save(blob_of(large), large)

    assert dict(gate.verbs) == {"head": 1, "put": 4}
    assert brought_back(store, blob_of(large), tmp_path) == large.read_bytes()
    assert leftovers(store) == []


def test_a_large_file_that_is_there_costs_one_question(gate, store, large):
    """Nothing is sent twice."""
    store.save(blob_of(large), large)
    gate.asked.clear()

    store.save(blob_of(large), large)

    assert dict(gate.verbs) == {"head": 1}


def test_the_meter_counts_what_the_gate_saw(gate, store, small, large, tmp_path):
    """The bill is right, also for what had to be asked again."""
    gate.rule = fails(2, Fault(status=503))
    store.save_all([Upload(blob_of(file), file, place(blob_of(file))) for file in (small, large)])
    store.deliver(blob_of(large), tmp_path / "back")

    meter, verbs = store.meter, gate.verbs
    assert (meter.put, meter.get, meter.head) == (verbs["put"], verbs["get"], verbs["head"])
    assert meter.bytes_up == gate.taken_up
    assert meter.bytes_down == large.stat().st_size


def test_answers_of_503_are_tried_again(gate, store, large, tmp_path):
    """Three of ten requests fail, and everything arrives."""
    gate.rule = lambda asked: Fault(status=503) if asked.number % 10 in {1, 4, 7} else None

    store.save(blob_of(large), large)

    assert brought_back(store, blob_of(large), tmp_path) == large.read_bytes()
    gate.rule = lambda _asked: None
    assert leftovers(store) == []


def test_a_line_cut_inside_a_part_sends_that_part_again(gate, store, large, tmp_path):
    """The others are not repeated."""
    gate.rule = fails(1, Fault(takes=5_000_000), when=lambda asked: asked.is_part)

    store.save(blob_of(large), large)

    assert sum(asked.is_part for asked in gate.asked) == 3
    assert brought_back(store, blob_of(large), tmp_path) == large.read_bytes()
    assert leftovers(store) == []


def test_a_lost_answer_to_the_end_of_an_upload_is_no_failure(gate, store, large, tmp_path):
    """It was done; asking again finds that out."""
    is_end = lambda asked: asked.method == "POST" and "uploadId" in asked.query  # noqa: E731
    gate.rule = fails(1, Fault(gives=0), when=is_end)

    store.save(blob_of(large), large)

    assert brought_back(store, blob_of(large), tmp_path) == large.read_bytes()
    assert leftovers(store) == []


def test_another_upload_in_the_way_begins_ours_anew(gate, store, large):
    """After a conflict S3 wants the whole upload again."""
    is_end = lambda asked: asked.method == "POST" and "uploadId" in asked.query  # noqa: E731
    gate.rule = fails(1, Fault(status=409), when=is_end)

    store.save(blob_of(large), large)

    assert store.has(blob_of(large))
    assert leftovers(store) == []


def test_what_a_killed_process_left_of_it_goes(store, large):
    """Parts of the same file, that is; any other upload is left alone."""
    blob = blob_of(large)
    for name in (place(blob), "blobs/other.mp4"):
        store.client.create_multipart_upload(**store.target(name))

    store.save_all([Upload(blob, large, place(blob), is_old=True)])

    assert store.has(blob)
    assert leftovers(store) == [store.bucket.key("blobs/other.mp4")]


def test_an_upload_that_someone_took_for_abandoned_begins_anew(gate, store, large):
    """Two jobs may send the same file at once, and one of them takes the other for dead."""
    first: set[str] = set()

    def abort(asked):
        if asked.is_part and not first:
            first.update(asked.query["uploadId"])
            abandon_multiparts(store, 0)
        # Moto falls over parts of an upload that is gone; S3 answers like this.
        is_gone = asked.is_part and first.issuperset(asked.query["uploadId"])
        return Fault(status=404) if is_gone else None

    gate.rule = abort

    store.save(blob_of(large), large)

    assert store.has(blob_of(large))
    assert leftovers(store) == []


def test_a_store_that_stays_away_is_a_typed_error(gate, store, large):
    """It may heal, and no part is left behind once the store is back."""
    gate.rule = lambda asked: Fault(status=503) if asked.is_part else None

    with pytest.raises(StorageUnavailable):
        store.save(blob_of(large), large)

    assert leftovers(store) == []


def test_a_cancelled_job_stops_uploading_and_leaves_no_part(gate, store, large):
    """The parts under way are the last; then it clears up after itself."""
    with stoppable() as stop:

        def cancel(asked):
            if asked.is_part:
                stop.ask(JobCancelled("Enough.", "Nothing need be done."))
                return Fault(status=503)
            return None

        gate.rule = cancel
        with pytest.raises(JobCancelled):
            store.save(blob_of(large), large)

    assert leftovers(store) == []
    assert sum(asked.is_part for asked in gate.asked) <= 2


def test_a_store_that_refuses_is_asked_once(gate, store, small):
    """A wrong key does not get right by trying."""
    gate.rule = lambda _asked: Fault(status=403)

    with pytest.raises(StorageDenied, match="AccessDenied"):
        store.save(blob_of(small), small)

    assert len(gate.asked) == 1


def test_no_bucket_is_said_plainly(bucket, small):
    """The first use of a wrong name says what to correct."""
    store = S3Store(bucket.model_copy(update={"name": "no-such-bucket"}), patience=HASTY)

    with pytest.raises(StorageDenied, match="does not exist"):
        store.save(blob_of(small), small)


def test_nobody_listening_is_unavailable(bucket, small):
    """A closed port may open again."""
    gone = bucket.model_copy(update={"endpoint": "http://127.0.0.1:9"})
    store = S3Store(gone, patience=Patience(tries=2, first_pause=0.001))

    with pytest.raises(StorageUnavailable):
        store.save(blob_of(small), small)


def test_a_download_goes_on_where_the_line_was_cut(gate, store, large, tmp_path):
    """What came is not fetched again."""
    store.save(blob_of(large), large)
    gate.asked.clear()
    gate.rule = fails(1, Fault(gives=9_000_000))

    assert brought_back(store, blob_of(large), tmp_path) == large.read_bytes()
    first, second = gate.asked
    assert "Range" not in first.headers
    assert int(second.headers["Range"].removeprefix("bytes=").removesuffix("-")) > 0


def test_a_slow_answer_is_waited_for(gate, store, small, tmp_path):
    """Slow is not broken."""
    store.save(blob_of(small), small)
    gate.rule = lambda _asked: Fault(delay=0.1)

    assert brought_back(store, blob_of(small), tmp_path) == small.read_bytes()
    assert len(gate.asked) == 2


def test_other_bytes_under_the_name_are_never_delivered(store, small, tmp_path):
    """What comes back is checked, and nothing of it stays."""
    blob = blob_of(small)
    store.client.put_object(**store.target(place(blob)), Body=b"y" * blob.size_bytes)

    with pytest.raises(BlobMissing, match="other bytes"):
        store.deliver(blob, tmp_path / "back")

    assert [file.name for file in tmp_path.iterdir()] == ["small.mp4"]


def test_a_taken_name_with_other_bytes_is_refused(store, large):
    """A large object is looked at before it is trusted."""
    store.client.put_object(**store.target(place(blob_of(large))), Body=b"something else")

    with pytest.raises(StorageDenied, match="something else"):
        store.save(blob_of(large), large)
    assert leftovers(store) == []


def test_a_blob_that_is_not_there_is_missing(store, small, tmp_path):
    """Reading back what was never kept, or dropped."""
    store.save(blob_of(small), small)
    store.drop(blob_of(small))

    assert not store.has(blob_of(small))
    with pytest.raises(BlobMissing):
        store.deliver(blob_of(small), tmp_path / "back")


def test_an_empty_file_travels_as_well(store, tmp_path):
    """No bytes are bytes."""
    file = tmp_path / "empty.srt"
    file.touch()
    store.save(blob_of(file), file)

    assert brought_back(store, blob_of(file), tmp_path) == b""


def test_a_document_is_replaced_only_by_who_read_it_last(store):
    """Two writers cannot both win."""
    assert store.write("jobs/a/manifest.json", b"one")
    assert not store.write("jobs/a/manifest.json", b"two")
    seen = store.read("jobs/a/manifest.json")
    assert store.write("jobs/a/manifest.json", b"three", over=seen)

    assert not store.write("jobs/a/manifest.json", b"four", over=seen)
    assert store.read("jobs/a/manifest.json").body == b"three"


def test_retry_after_is_honoured_within_reason():
    """The store's word counts, up to the longest pause of our own."""
    patience = Patience()

    assert patience.pause(1, 3.0) == 3.0
    assert patience.pause(1, 900.0) == patience.longest_pause
    assert patience.pause(3, None) <= 0.8


def test_a_busy_store_that_names_a_time_is_given_it(gate, bucket, small):
    """One second asked for is one second waited."""
    store = S3Store(bucket, patience=Patience(first_pause=0.001))
    gate.rule = fails(1, Fault(status=503, retry_after="1"))
    began = time.monotonic()
    store.save(blob_of(small), small)

    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("size", [PART_BYTES + 1, PART_BYTES * MOST_PARTS + 1, 5 * 10**12])
def test_parts_cover_the_file_and_never_pass_the_limit(size):
    """However large a file is."""
    parts = split(size)

    assert sum(part.size_bytes for part in parts) == size
    assert len(parts) <= MOST_PARTS
    assert all(a.start + a.size_bytes == b.start for a, b in itertools.pairwise(parts))
