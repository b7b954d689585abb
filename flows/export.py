"""The story of an export: a master or a virtual clip of a finished job, made later."""

from pathlib import Path

from prefect import flow, unmapped

from cutroom.records.order import ExportOrder
from tasks.choose import recall_cuts
from tasks.cut import render_clip
from tasks.deliver import deliver_clips, deliver_master
from tasks.fetch import fetch_source
from tasks.job import recall_job
from tasks.prepare import make_master, make_normal


@flow(name="export", flow_run_name="export {order.job_id}")
def export(order: ExportOrder) -> list[str]:
    """Make the lossless master, or clips that were only chosen, from the same source.

    Returns:
        Names of the files made, relative to the folder asked for.
    """
    with recall_job(order.job_id) as (bench, report):
        recipe, out = bench.job.order.recipe, Path(order.out)
        made: list[str] = []

        # The source is still here, or is fetched again.
        original = fetch_source(bench.job.order.source, bench)

        if order.master:
            slices, slice_crc = recipe.master_slices, recipe.master_slice_crc
            master = make_master(original, slices, slice_crc, bench)
            made += deliver_master(master, out, bench)

        if order.clips:
            normal = make_normal(original, bench)
            clips = render_clip.map(
                unmapped(normal),
                recall_cuts(order.clips, bench),
                unmapped(report.transcript),
                unmapped(recipe.language),
                unmapped(bench),
            )
            made += deliver_clips(clips.result(), report, out, bench)
        return made
