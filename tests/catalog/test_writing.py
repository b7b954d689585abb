"""What is written once is there; what is written twice is there once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import pytest
from sqlmodel import SQLModel, func, select

from cutroom.catalog import kinds, reading, tables, writing
from cutroom.catalog.sessions import Catalog
from cutroom.records.errors import JobClosed, JobUnknown, SourceGone, SourceUnreachable
from cutroom.records.findings import Scene
from cutroom.records.order import Order
from cutroom.records.report import ErrorReport
from cutroom.records.span import Span

DIGEST = "d1" * 32
NO_JOB = "0" * 32


def count(catalog: Catalog, table: type[SQLModel]) -> int:
    """Return how many rows a table has."""
    with catalog.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_an_accepted_order_is_a_queued_job(catalog, order):
    """Its own order in it, and the moment it was accepted."""
    job = writing.accept(catalog, order)

    assert reading.job(catalog, job.id) == job
    assert (job.status, job.attempts, job.error, job.ended_at) == ("queued", 0, None, None)
    assert job.accepted_at.tzinfo is UTC
    assert job.order == order.model_copy(update={"job_id": job.id})


def test_two_equal_orders_are_two_jobs(catalog, order):
    """Someone who asks twice gets two."""
    assert writing.accept(catalog, order).id != writing.accept(catalog, order).id
    assert count(catalog, tables.Job) == 2


def test_an_order_that_has_its_job_gets_it_again(catalog, order):
    """As it stands by now."""
    job = writing.accept(catalog, order)
    running = writing.start(catalog, job.id)

    assert writing.accept(catalog, job.order) == running
    assert count(catalog, tables.Job) == 1


def test_an_order_may_bring_the_id_of_its_job(catalog, order):
    """A catalog that was begun anew still knows the job by the name others know it by."""
    named = order.model_copy(update={"job_id": "ab" * 16})

    assert writing.accept(catalog, named).id == "ab" * 16


def test_twenty_threads_get_twenty_jobs(catalog, order):
    """Nobody waits in vain, and nobody's job is lost."""
    with ThreadPoolExecutor(20) as threads:
        jobs = list(threads.map(lambda _: writing.accept(catalog, order), range(60)))

    assert len({job.id for job in jobs}) == 60
    assert count(catalog, tables.Job) == 60


def test_twenty_threads_that_bring_one_order_get_one_job(catalog, order):
    """An impatient caller may send it as often as they like."""
    named = order.model_copy(update={"job_id": "cd" * 16})
    with ThreadPoolExecutor(20) as threads:
        jobs = list(threads.map(lambda _: writing.accept(catalog, named), range(20)))

    assert all(job == jobs[0] for job in jobs)
    assert count(catalog, tables.Job) == 1


def test_each_start_is_an_attempt(catalog, order):
    """It clears what the attempt before has left."""
    job = writing.accept(catalog, order)
    first = writing.start(catalog, job.id)
    writing.note_stage(catalog, job.id, "words")
    failed = writing.fail(catalog, job.id, SourceUnreachable("It dozes.", "Wait."))
    second = writing.start(catalog, job.id)

    assert [first.attempts, second.attempts] == [1, 2]
    assert (failed.status, failed.stage) == ("failed", "words")
    assert (second.status, second.stage, second.error, second.ended_at) == (
        *("running", None, None, None),
    )
    assert first.started_at is not None
    assert second.started_at is not None
    assert job.accepted_at <= first.started_at <= second.started_at


def test_attempts_are_counted_even_when_they_start_at_once(catalog, order):
    """Of eight workers that race for one job, three begin; the others find it dead."""
    job = writing.accept(catalog, order)

    def begin(_: int) -> int | None:
        try:
            return writing.start(catalog, job.id).attempts
        except JobClosed:
            return None

    with ThreadPoolExecutor(8) as threads:
        begun = [number for number in threads.map(begin, range(8)) if number]

    assert sorted(begun) == [1, 2, 3]
    assert reading.job(catalog, job.id).status == "dead"


def test_a_failed_job_says_why_where_and_when(catalog, order, ledger):
    """In the words of the error, with what was spent until then."""
    job = writing.accept(catalog, order)
    writing.start(catalog, job.id)
    error = SourceGone("Nothing there.", "Check the address.")

    failed = writing.fail(catalog, job.id, error, "fetch", ledger)

    assert reading.job(catalog, job.id) == failed
    assert (failed.status, failed.stage) == ("dead", "fetch"), "what is gone does not come back"
    assert failed.error == ErrorReport(
        code="SOURCE_GONE", message="Nothing there.", hint="Check the address."
    )
    assert failed.ended_at is not None
    assert reading.ledger(catalog, job.id) == ledger


def test_what_a_hostile_file_says_can_be_written(catalog, order):
    """NUL, which PostgreSQL refuses, and half a character, which no database takes."""
    job = writing.accept(catalog, order)
    writing.note_source(catalog, job.id, DIGEST, "a\0b")
    failed = writing.fail(catalog, job.id, SourceGone("c\0d \udcff", "e\0f"))

    assert failed.error == ErrorReport(
        code="SOURCE_GONE",
        message="c\N{REPLACEMENT CHARACTER}d ?",
        hint="e\N{REPLACEMENT CHARACTER}f",
    )


def test_a_source_is_noted_before_its_media_is_known(catalog, order):
    """A job whose probe fails still says which file it was."""
    job = writing.accept(catalog, order)
    writing.note_source(catalog, job.id, DIGEST, "A title")

    with catalog.reading() as session:
        row = session.get_one(tables.Job, job.id)
    assert (row.media_digest, row.title) == (DIGEST, "A title")


def test_a_job_finished_twice_is_finished_once(catalog, order, report):
    """One report, one bill, one row a stage."""
    job = writing.accept(catalog, order)
    writing.note_stage(catalog, job.id, "report")
    report = report.model_copy(update={"job_id": job.id})

    for _ in range(2):
        finished = writing.finish(catalog, job.id, report)

    assert (finished.status, finished.stage, finished.error) == ("completed", None, None)
    assert reading.report(catalog, job.id) == report
    assert reading.ledger(catalog, job.id) == report.ledger
    assert [count(catalog, table) for table in (tables.Report, tables.Ledger, tables.Stage)] == [
        *(1, 1, 2),
    ]


def test_a_report_is_of_its_own_job(catalog, order, report):
    """Another one's is a mistake of the caller."""
    job = writing.accept(catalog, order)

    with pytest.raises(ValueError, match="cannot end with the report"):
        writing.finish(catalog, job.id, report)


def test_nothing_is_written_for_a_job_that_is_not_there(catalog, report, cuts, media):
    """Each door says so in the same way."""
    writing.remember_media(catalog, DIGEST, media)
    calls = (
        lambda: writing.start(catalog, NO_JOB),
        lambda: writing.note_stage(catalog, NO_JOB, "fetch"),
        lambda: writing.note_source(catalog, NO_JOB, DIGEST, "A title"),
        lambda: writing.finish(catalog, NO_JOB, report.model_copy(update={"job_id": NO_JOB})),
        lambda: writing.fail(catalog, NO_JOB, SourceGone("a", "b")),
        lambda: writing.remember_cuts(catalog, NO_JOB, DIGEST, cuts),
        lambda: writing.remember_clips(catalog, NO_JOB, ()),
    )
    for call in calls:
        with pytest.raises(JobUnknown):
            call()
    assert count(catalog, tables.Cut) == 0


def test_media_comes_back_as_it_was(catalog, media):
    """Every field, every keyframe to the last bit, and a size beyond 32 bits."""
    writing.remember_media(catalog, DIGEST, media)
    writing.remember_media(catalog, DIGEST, media)

    assert reading.media(catalog, DIGEST) == media
    assert reading.keyframes(catalog, DIGEST) == media.keyframes


def test_a_better_probe_replaces_what_was_known(catalog, media):
    """And what was found in the file stays."""
    writing.remember_media(catalog, DIGEST, media)
    writing.remember_findings(catalog, DIGEST, kinds.SILENCES, [Span(start=1, end=2)])
    better = media.model_copy(update={"duration": 31.0, "keyframes": (0.0,)})
    writing.remember_media(catalog, DIGEST, better)

    assert reading.media(catalog, DIGEST) == better
    assert reading.findings(catalog, DIGEST, kinds.SILENCES) == (Span(start=1, end=2),)


def test_findings_found_again_replace_the_old_ones(catalog, media):
    """Those of another kind, or found in another way, stay."""
    writing.remember_media(catalog, DIGEST, media)
    old, new = [Span(start=1, end=2), Span(start=3, end=4)], [Span(start=5, end=6.5)]
    writing.remember_findings(catalog, DIGEST, kinds.SILENCES, old, "v1 -40 dB")
    writing.remember_findings(catalog, DIGEST, kinds.SILENCES, old, "v1 -50 dB")
    writing.remember_findings(catalog, DIGEST, kinds.SPEECH, old, "v1 -40 dB")
    writing.remember_findings(catalog, DIGEST, kinds.SILENCES, new, "v1 -40 dB")

    def found(kind, parameters):
        return reading.findings(catalog, DIGEST, kind, parameters)

    assert found(kinds.SILENCES, "v1 -40 dB") == tuple(new)
    assert found(kinds.SILENCES, "v1 -50 dB") == tuple(old)
    assert found(kinds.SPEECH, "v1 -40 dB") == tuple(old)
    assert count(catalog, tables.Finding) == 5


def test_findings_of_an_unknown_file_are_refused(catalog, transcript):
    """They would hang in the air."""
    with pytest.raises(ValueError, match="Remember the media"):
        writing.remember_findings(catalog, DIGEST, kinds.SCENES, [Scene(start=0, end=1)])
    with pytest.raises(ValueError, match="Remember the media"):
        writing.remember_transcript(catalog, DIGEST, transcript)


def test_a_key_too_long_for_an_index_is_refused(catalog, media):
    """Before the database says so, each in its own words."""
    writing.remember_media(catalog, DIGEST, media)

    with pytest.raises(ValueError, match="got 201 characters"):
        writing.remember_findings(catalog, DIGEST, kinds.SCENES, [], "x" * 201)


def test_workers_that_remember_the_same_file_at_once_leave_one_set(catalog, media):
    """Two jobs of one video may run side by side."""
    spans = [Span(start=place, end=place + 1) for place in range(50)]

    def remember(_: int) -> None:
        writing.remember_media(catalog, DIGEST, media)
        writing.remember_findings(catalog, DIGEST, kinds.SPEECH, spans)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(remember, range(16)))

    assert reading.findings(catalog, DIGEST, kinds.SPEECH) == tuple(spans)
    assert count(catalog, tables.Finding) == 50


def test_a_cut_that_stays_keeps_its_clip(catalog, order, media, cuts, clips):
    """One that goes takes its clip along, and one that comes is virtual."""
    job = writing.accept(catalog, order)
    writing.remember_media(catalog, DIGEST, media)
    writing.remember_cuts(catalog, job.id, DIGEST, cuts)
    writing.remember_clips(catalog, job.id, clips)
    third = cuts[0].model_copy(update={"id": "c" * 16})

    writing.remember_cuts(catalog, job.id, DIGEST, [third, cuts[1]])

    assert reading.cuts(catalog, job.id) == (third, cuts[1])
    assert reading.clips(catalog, job.id) == (clips[1],)


def test_clips_rendered_again_replace_the_old_ones(catalog, order, media, cuts, clips):
    """Rendering fewer leaves the rest virtual."""
    job = writing.accept(catalog, order)
    writing.remember_media(catalog, DIGEST, media)
    writing.remember_cuts(catalog, job.id, DIGEST, cuts)
    for rendered in (clips, clips, clips[:1]):
        writing.remember_clips(catalog, job.id, rendered)

    assert reading.clips(catalog, job.id) == clips[:1]
    assert reading.cuts(catalog, job.id) == cuts


def test_a_clip_without_its_cut_is_refused(catalog, order, clips):
    """By name, and nothing is written."""
    job = writing.accept(catalog, order)

    with pytest.raises(ValueError, match=r"a{16}"):
        writing.remember_clips(catalog, job.id, clips)
    assert reading.clips(catalog, job.id) == ()


def test_two_jobs_may_make_the_same_cut(catalog, order: Order, media, cuts):
    """Each for its own reasons."""
    first, second = writing.accept(catalog, order), writing.accept(catalog, order)
    other = [cut.model_copy(update={"score": 0.1}) for cut in cuts]
    writing.remember_media(catalog, DIGEST, media)
    writing.remember_cuts(catalog, first.id, DIGEST, cuts)
    writing.remember_cuts(catalog, second.id, DIGEST, other)

    assert reading.cuts(catalog, first.id) == cuts
    assert reading.cuts(catalog, second.id) == tuple(other)
