"""The story of a video: from an order to finished clips."""

from typing import Any

from prefect import flow, unmapped
from prefect.task_runners import ThreadPoolTaskRunner

from blocks.settings import settings
from cutroom.records.blob import Blob
from cutroom.records.findings import Transcript
from cutroom.records.order import Order
from cutroom.records.report import Report
from cutroom.records.span import Span
from tasks.choose import choose_moments, follows_faces, plan_cuts
from tasks.cut import render_clip, rendered
from tasks.fetch import fetch_source
from tasks.job import finished, open_job, or_degraded
from tasks.listen import (
    find_engine,
    find_silences,
    find_speech,
    join_speech,
    list_energy,
    listening_windows,
    speaking_windows,
    transcribe,
)
from tasks.prepare import make_master, make_normal, make_proxy, make_renditions
from tasks.publish import publish
from tasks.results import Results
from tasks.run import show_as_cancelled
from tasks.understand import find_topics, gathered, join_transcripts
from tasks.watch import (
    find_changes,
    find_faces,
    join_scenes,
    list_windows,
    look_closer,
    take_stills,
)
from tasks.workbench import Workbench

side_by_side: Any = ThreadPoolTaskRunner(settings().side_by_side)


@flow(
    name="video",
    flow_run_name="video {order.label}",
    task_runner=side_by_side,
    on_failure=[show_as_cancelled],
    on_cancellation=[show_as_cancelled],
)
def video(order: Order) -> Report:
    """Turn one source into clips worth watching, copies by profile, or a master.

    The source is fetched once and stays on this machine. Every step is cached by content, so a
    second run pays only for what is new, and a run that was killed goes on where it stopped.
    """
    if (done := finished(order)) is not None:
        return done
    with open_job(order) as bench:
        order = bench.job.order  # the catalog has the whole of it, secrets and all
        recipe = order.recipe

        # Bring it in; encode only if nothing else gives one sound file.
        original = fetch_source(order.source, bench)
        normal = make_normal(original, bench)
        results = Results(original, normal)

        # Understand it, choose on paper, then cut.
        if recipe.wants_clips:
            understand(results, order, bench)
            choose(results, order, bench)
            if recipe.render:
                bench.book.expect(clips=len(results.cuts))
                clips = render_clip.map(
                    unmapped(normal),
                    results.cuts,
                    unmapped(results.transcript),
                    unmapped(recipe.language),
                    unmapped(bench),
                )
                results.clips = tuple(rendered(clips, bench))

        # Copies, and a lossless one on demand.
        if recipe.wanted_renditions:
            results.renditions = tuple(make_renditions(normal, recipe.wanted_renditions, bench))
        if recipe.wants_master:
            results.master = make_master(
                original, recipe.master_slices, recipe.master_slice_crc, bench
            )

        # Tell.
        return publish(results, bench)


def understand(results: Results, order: Order, bench: Workbench) -> None:
    """Watch and listen, side by side: each finding starts as soon as what it needs is there."""
    recipe = order.recipe
    wanted = recipe.wanted_renditions
    proxy = results.proxy = make_proxy(results.normal, recipe.language, wanted, bench)
    shared = unmapped(bench)

    # Start what depends on nothing.
    windows = list_windows(proxy, bench)
    bench.book.expect(scenes=len(windows) + 1, silences=2, faces=len(windows))
    changes = find_changes.map(unmapped(proxy), windows, shared)
    if proxy.sound:
        listening = listening_windows(proxy.media.duration)
        bench.book.expect(speech=len(listening))
        speech = find_speech.map(unmapped(proxy.sound), listening, shared)
        silences = find_silences.submit(
            proxy.sound,
            recipe.silence_threshold_db,
            recipe.shortest_silence,
            recipe.silence_margin,
            bench,
        )
        energy = list_energy.submit(proxy.sound, bench)

    # Faces follow scenes; words follow speech.
    scenes = join_scenes(gathered(changes), proxy.media.duration, bench)
    faces = find_faces.map(unmapped(proxy), unmapped(scenes), windows, shared)
    stills = take_stills.submit(proxy, bench)
    if proxy.sound:
        spoken = join_speech(gathered(speech))
        if recipe.transcribe:
            results.transcript = write_down(proxy.sound, proxy.media.duration, spoken, order, bench)
        results.speech = tuple(spoken)
        results.silences = tuple(silences.result())
        results.energy = tuple(energy.result())
    with or_degraded(bench, "faces"):
        results.faces = tuple(gathered(faces))
    with or_degraded(bench, "stills"):
        results.stills = tuple(stills.result())
    results.scenes = tuple(scenes)
    if results.transcript:
        results.topics = tuple(find_topics(results.transcript, bench))


def write_down(
    sound: Blob, duration: float, spoken: list[Span], order: Order, bench: Workbench
) -> Transcript | None:
    """Transcribe what is spoken, window by window; a job goes on without where that fails."""
    recipe = order.recipe
    model = recipe.speech_model or bench.settings.speech_model or None
    windows = speaking_windows(duration, spoken)
    bench.book.expect(words=len(windows))
    with or_degraded(bench, "words"):
        written = transcribe.map(
            unmapped(sound),
            unmapped(spoken),
            windows,
            unmapped(recipe.language),
            unmapped(model),
            unmapped(recipe.device),
            unmapped(find_engine(model, recipe.device, bench)),
            unmapped(bench),
        )
        return join_transcripts(written.result())
    return None


def choose(results: Results, order: Order, bench: Workbench) -> None:
    """Choose the moments worth watching and decide their cuts; nothing is rendered yet."""
    recipe = order.recipe
    moments = choose_moments(
        results.normal.media.duration,
        results.transcript,
        list(results.speech),
        list(results.silences),
        list(results.scenes),
        list(results.faces),
        list(results.energy),
        recipe.clips,
        recipe.shortest_clip,
        recipe.longest_clip,
        bench,
    )
    faces = list(results.faces)
    if results.proxy and follows_faces(recipe.layout, results.normal):
        scenes, shared = unmapped(list(results.scenes)), unmapped(bench)
        close = look_closer.map(unmapped(results.proxy), scenes, moments, shared)
        with or_degraded(bench, "faces"):
            faces = gathered(close)
    results.cuts = tuple(plan_cuts(moments, results.normal, list(results.scenes), faces, recipe))
