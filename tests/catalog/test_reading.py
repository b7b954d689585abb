"""What was written comes back as the record it was."""

import pytest

from cutroom.catalog import kinds, reading, writing
from cutroom.records.errors import JobUnknown
from cutroom.records.findings import FaceBox, FaceTrack, Scene, Topic
from cutroom.records.span import Span

DIGEST = "d1" * 32


@pytest.fixture
def abc(catalog, order):
    """Three jobs whose ids begin alike, in the order they were accepted."""
    ids = ("abc0" + "0" * 28, "abcf" + "f" * 28, "abd0" + "0" * 28)
    return [writing.accept(catalog, order.model_copy(update={"job_id": job_id})) for job_id in ids]


def test_a_job_is_found_by_the_beginning_of_its_id(catalog, abc):
    """As much of it as tells it from the others, dashes and capitals as they come."""
    assert reading.job(catalog, "abc0") == abc[0]
    assert reading.job(catalog, "ABCF") == abc[1]
    assert reading.job(catalog, "abd") == abc[2]
    assert reading.job(catalog, "abcfffff-ffff-ffff-ffff-ffffffffffff") == abc[1]


def test_an_id_that_leads_nowhere_is_a_typed_error(catalog, abc):
    """Which says whether to look again or to give more of it."""
    for given, said in (
        ("abc", "Several jobs begin with abc"),
        ("abe", "no job abe"),
        ("abc0" + "0" * 27 + "1", "no job abc0"),
        ("", "not a job's id"),
        ("%", "not a job's id"),
        ("abc_", "not a job's id"),
        ("a" * 33, "not a job's id"),
    ):
        with pytest.raises(JobUnknown, match=said):
            reading.job(catalog, given)


def test_jobs_come_newest_first(catalog, abc):
    """As many as asked for."""
    assert reading.jobs(catalog) == tuple(reversed(abc))
    assert reading.jobs(catalog, limit=2) == (abc[2], abc[1])


def test_jobs_are_told_apart_by_status(catalog, abc):
    """A queue is the queued ones."""
    running = writing.start(catalog, abc[1].id)

    assert reading.jobs(catalog, status="running") == (running,)
    assert reading.jobs(catalog, status="queued") == (abc[2], abc[0])
    assert reading.jobs(catalog, status="dead") == ()


def test_a_report_comes_back_whole(catalog, abc, report):
    """By the beginning of the id, too; a job that wrote none has none."""
    report = report.model_copy(update={"job_id": abc[0].id})
    writing.finish(catalog, abc[0].id, report)

    assert reading.report(catalog, "abc0") == report
    assert reading.report(catalog, "abcf") is None
    assert reading.ledger(catalog, "abcf") is None


def test_nothing_is_known_of_a_file_never_seen(catalog):
    """None where nobody looked, no error."""
    assert reading.media(catalog, DIGEST) is None
    assert reading.keyframes(catalog, DIGEST) == ()
    assert reading.findings(catalog, DIGEST, kinds.SCENES) is None
    assert reading.transcript(catalog, DIGEST) is None


def test_finding_nothing_is_not_the_same_as_not_looking(catalog, media):
    """A video without faces need not be searched again."""
    writing.remember_media(catalog, DIGEST, media)
    writing.remember_findings(catalog, DIGEST, kinds.FACES, (), "v1")

    assert reading.findings(catalog, DIGEST, kinds.FACES, "v1") == ()
    assert reading.findings(catalog, DIGEST, kinds.FACES, "v2") is None


def test_each_kind_of_finding_comes_back_to_the_last_bit(catalog, media):
    """In the order in which it was found, which need not be that of time."""
    box = FaceBox(time=0.5, x=-0.1, y=0.2, width=0.3, height=0.4, score=0.5)
    change = Span(start=0.1, end=0.5)
    writing.remember_media(catalog, DIGEST, media)
    for kind, found in (
        (kinds.SCENES, Scene(start=1 / 3, end=2, gradual=True, change=change)),
        (kinds.SILENCES, Span(start=0.1 + 0.2, end=7)),
        (kinds.SPEECH, Span(start=0, end=1e-9)),
        (kinds.FACES, FaceTrack(start=0, end=1, boxes=(box,))),
        (kinds.TOPICS, Topic(start=0, end=9, title="Käse", summary="Of cheese.", score=0.5)),
    ):
        later = found.model_copy(update={"end": found.end + 5})
        writing.remember_findings(catalog, DIGEST, kind, (later, found))

        assert reading.findings(catalog, DIGEST, kind) == (later, found)


def test_a_transcript_comes_back_whole(catalog, media, transcript):
    """Who wrote it down, its segments, and its words, which are findings, too."""
    writing.remember_media(catalog, DIGEST, media)
    for _ in range(2):
        writing.remember_transcript(catalog, DIGEST, transcript, "v1 base")

    assert reading.transcript(catalog, DIGEST, "v1 base") == transcript
    assert reading.findings(catalog, DIGEST, kinds.WORDS, "v1 base") == transcript.words


def test_clips_come_in_the_order_of_the_cuts(catalog, abc, media, cuts, clips):
    """The best first, however they were handed over."""
    writing.remember_media(catalog, DIGEST, media)
    writing.remember_cuts(catalog, abc[0].id, DIGEST, cuts)
    writing.remember_clips(catalog, abc[0].id, clips[::-1])

    assert reading.clips(catalog, "abc0") == clips
    assert reading.cuts(catalog, "abc0") == cuts
    assert reading.clips(catalog, "abcf") == ()
