"""Choose on paper: moments, and the cuts they become."""

from collections.abc import Sequence

from prefect import get_run_logger

from cutroom.catalog import reading
from cutroom.media.choosing import moments
from cutroom.media.choosing.framing import frame_faces, moves
from cutroom.media.cutting.clip_id import cut_id
from cutroom.records.clip import Cut, Moment
from cutroom.records.errors import OrderInvalid
from cutroom.records.findings import FaceTrack, Scene, Transcript
from cutroom.records.media import Normal
from cutroom.records.order import Layout, Recipe
from cutroom.records.span import Span
from tasks.listen import ENERGY_STEP
from tasks.policies import step
from tasks.workbench import Workbench


@step("moments")
def choose_moments(
    duration: float,
    transcript: Transcript | None,
    speech: list[Span],
    silences: list[Span],
    scenes: list[Scene],
    faces: list[FaceTrack],
    energy: list[float],
    count: int,
    shortest: float,
    longest: float,
    bench: Workbench,
) -> list[Moment]:
    """Choose the stretches worth watching, with the reasons for each."""
    with bench.book.stage("moments"):
        found = moments.choose_moments(
            duration=duration,
            transcript=transcript,
            speech=speech,
            silences=silences,
            scenes=scenes,
            faces=faces,
            energy=energy,
            energy_step=ENERGY_STEP,
            count=count,
            shortest=shortest,
            longest=longest,
        )
        get_run_logger().info("%d moments", len(found))
        return found


def follows_faces(layout: Layout, normal: Normal) -> bool:
    """Say whether clips show a crop that follows faces, which have to be looked at closely."""
    return moves(layout, normal.media.video.display_size)


def plan_cuts(
    chosen: list[Moment],
    normal: Normal,
    scenes: list[Scene],
    faces: list[FaceTrack],
    recipe: Recipe,
) -> list[Cut]:
    """Turn moments into edit decisions. Costs nothing, so it is never cached."""
    size = normal.media.video.display_size
    return [
        Cut(
            id=cut_id(
                normal.file.digest,
                Span(start=moment.start, end=moment.end),
                layout=recipe.layout,
                captions=recipe.captions,
                mode=recipe.cut,
                loudness=recipe.loudness,
            ),
            span=Span(start=moment.start, end=moment.end),
            title=moment.title,
            score=moment.score,
            reasons=moment.reasons,
            layout=recipe.layout,
            framing=frame_faces(faces, scenes, moment, recipe.layout, size),
            captions=recipe.captions,
            mode=recipe.cut,
            loudness=recipe.loudness,
        )
        for moment in chosen
    ]


def recall_cuts(ids: Sequence[str], bench: Workbench) -> list[Cut]:
    """Return the cuts of a finished job that are asked for by id.

    Raises:
        OrderInvalid: The job has no such clip.
    """
    known = {cut.id: cut for cut in reading.cuts(bench.catalog, bench.job.id)}
    for missing in [one for one in ids if one not in known]:
        raise OrderInvalid(
            f"The job has no clip {missing}.", f"It has {', '.join(known) or 'none'}."
        )
    return [known[one] for one in ids]
