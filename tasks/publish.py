"""End a job: report, deliver, remember, tell."""

from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from cutroom.catalog import kinds, writing
from cutroom.records.failpoints import reached
from cutroom.records.report import (
    Report,
)
from cutroom.report.markdown import as_markdown
from tasks.deliver import deliver, list_files
from tasks.results import Results, make_report
from tasks.upload import upload
from tasks.workbench import Workbench


def publish(results: Results, bench: Workbench) -> Report:
    """Write the report, upload and deliver every file, close the job, and tell Prefect.

    The job is completed last: whoever sees it so finds all its files.
    """
    with bench.book.stage("report"):
        report = make_report(results, bench)
        _remember(results, bench)
        upload(results, _with_ledger(report, results, bench), bench)
        if bench.job.order.out is not None:
            _bring_here(results, report, bench)
    report = _with_ledger(report, results, bench)
    if bench.job.order.out is not None:
        deliver(results, report, Path(bench.job.order.out), bench)
    reached("finish")
    writing.finish(bench.catalog, bench.job.id, report, bench.job.attempts)
    create_markdown_artifact(
        key=f"report-{bench.job.id}", markdown=as_markdown(report), description="What was made"
    )
    return report


def _bring_here(results: Results, report: Report, bench: Workbench) -> None:
    """Have every file at hand before the account is closed: another host may have made some."""
    for blob, _ in list_files(results, report):
        bench.store.path(blob)


def _with_ledger(report: Report, results: Results, bench: Workbench) -> Report:
    """Return the report with the account as it stands."""
    chosen = bench.settings
    ledger = bench.book.close(
        results.stages,
        cpu_hour=chosen.cost_cpu_hour,
        gigabyte_out=chosen.cost_gigabyte_out,
        thousand_puts=chosen.cost_storage_puts,
        thousand_gets=chosen.cost_storage_gets,
        gigabyte_month=chosen.cost_storage_month,
    )
    return report.model_copy(update={"ledger": ledger})


def _remember(results: Results, bench: Workbench) -> None:
    """Put what was learned and made into the catalog."""
    catalog, job_id, digest = bench.catalog, bench.job.id, results.original.file.digest
    recipe = bench.job.order.recipe
    writing.note_source(catalog, job_id, digest, results.original.title)
    writing.remember_media(catalog, digest, results.original.media)
    if results.proxy is not None:
        loudness = f"{recipe.silence_threshold_db} dBFS, {recipe.shortest_silence} s"
        writing.remember_findings(catalog, digest, kinds.SCENES, results.scenes)
        writing.remember_findings(catalog, digest, kinds.SILENCES, results.silences, loudness)
        writing.remember_findings(catalog, digest, kinds.SPEECH, results.speech)
        writing.remember_findings(catalog, digest, kinds.FACES, results.faces)
    if results.transcript is not None:
        engine = f"{results.transcript.engine} {results.transcript.model}"[:200]
        writing.remember_transcript(catalog, digest, results.transcript, engine)
        writing.remember_findings(catalog, digest, kinds.TOPICS, results.topics, engine)
    writing.remember_cuts(catalog, job_id, digest, list(results.cuts))
    writing.remember_clips(catalog, job_id, list(results.clips))
