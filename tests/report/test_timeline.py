import random
from itertools import pairwise

import pytest
from PIL import Image

from cutroom.records.findings import FaceTrack, Scene
from cutroom.records.span import Span
from cutroom.report.timeline import (
    BACK,
    FACE,
    GRADUAL,
    LANE,
    LEFT,
    MAX_TICKS,
    RIGHT,
    SCENES,
    SILENCE,
    SPEECH,
    WAVE,
    WIDTH,
    draw_timeline,
    place,
    score_colour,
    tick_step,
)
from tests.report_maker import DURATION, make_clip, make_media, make_report


@pytest.fixture
def draw(tmp_path):
    """Draw a report's timeline and open the picture."""

    def drawn(report, **options):
        draw_timeline(report, tmp_path / "timeline.png", **options)
        with Image.open(tmp_path / "timeline.png") as image:
            return image.convert("RGB")

    return drawn


def column(image, time, duration=DURATION):
    """The colours at one time, from the top down."""
    x = round(place(time, duration))
    return [image.getpixel((x, y)) for y in range(image.height)]


def of_length(duration, **changes):
    """A report of a video of another length."""
    source = make_report().source.model_copy(update={"duration": duration})
    return make_report(source=source, media=make_media(duration=duration), **changes)


def test_everything_found_stands_where_it_happened(draw):
    """A clip, its scene, speech and a face are there at their time, and nowhere else."""
    image = draw(make_report())
    during, after = column(image, 8.0), column(image, 46.0)

    for colour in (score_colour(0.91), SCENES[1], SPEECH, FACE):
        assert during.count(colour) >= 6
    for colour in (score_colour(0.91), SPEECH, FACE):
        assert colour not in after
    assert image.width == WIDTH


def test_scenes_alternate(draw):
    """Neighbours never have the same colour, so that every cut is seen."""
    image = draw(make_report())
    shades = [
        next(colour for colour in column(image, time) if colour in SCENES)
        for time in (3.0, 9.0, 13.0, 18.0)
    ]

    assert shades == [SCENES[0], SCENES[1], SCENES[0], SCENES[1]]


def test_a_gradual_change_is_hatched(draw):
    """Within the dissolve both colours of the hatch are found; at a hard cut neither is."""
    image = draw(make_report())

    assert set(GRADUAL) <= {colour for t in (37.2, 37.4, 37.6, 37.8) for colour in column(image, t)}
    assert GRADUAL[1] not in column(image, 6.567)


def test_sound_is_tall_where_it_is_loud_and_silences_are_marked(draw):
    """A loud half is drawn higher than a quiet one; a silence has its own ground."""
    report = of_length(
        10.0, silences=(Span(start=6, end=8),), clips=(), faces=(), speech=(), scenes=()
    )
    image = draw(report, energy=[-10.0] * 10 + [-50.0] * 10)
    heights = [
        max(column(image, time + shift, 10).count(WAVE) for shift in (0, 0.02, 0.04))
        for time in (2, 9)
    ]

    assert heights[0] > 4 * heights[1] > 0
    assert column(image, 7.0, 10).count(SILENCE) > 30
    assert SILENCE not in column(image, 2.0, 10)[: image.height - 60]


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_better_clips_glow(draw, score):
    """A clip has the colour of its score."""
    image = draw(make_report(clips=(make_clip(1, score=score),)))

    assert score_colour(score) in column(image, 8.0)
    assert sum(score_colour(score)) == pytest.approx(362 + score * 146, abs=2)


def test_faces_at_the_same_time_have_their_own_lanes(draw):
    """Three faces together are three bars; a tenth one still leaves the picture low."""
    together = tuple(FaceTrack(start=1, end=9, boxes=()) for _ in range(3))
    image = draw(of_length(10.0, faces=together, clips=(), speech=(), scenes=()))
    colours = column(image, 5.0, 10)

    assert sum(a != FACE and b == FACE for a, b in pairwise(colours)) == 3
    crowd = draw(of_length(10.0, faces=together * 10, clips=(), speech=(), scenes=()))
    assert crowd.height - image.height == 14


@pytest.mark.parametrize("duration", [0.2, 1.0, 46.6, 3600.0, 21_600.0])
def test_nothing_found_is_said_not_left_blank(draw, duration):
    """A video of any length without findings gives empty lanes with words in them."""
    bare = of_length(
        duration, scenes=(), silences=(), speech=(), transcript=None, faces=(), clips=(), topics=()
    )
    image = draw(bare.model_copy(update={"media": make_media(audio=(), duration=duration)}))
    lane = image.crop((LEFT, 30, RIGHT, 60))

    assert column(image, duration * 0.97, duration).count(LANE) > 100
    assert len(set(lane.get_flattened_data())) > 4
    assert image.getpixel((2, 2)) == BACK


def test_a_long_and_crowded_video_keeps_its_size(draw):
    """Six hours, 2000 scenes, 200 clips and 900 faces: same width, few lanes, all clips seen."""
    dice, duration = random.Random(7), 21_600.0
    edges = sorted({0.0, duration, *(dice.uniform(0, duration) for _ in range(1999))})
    clips = tuple(make_clip(1, start=n * 105, end=n * 105 + 40, score=0.5) for n in range(200))
    starts = sorted(dice.uniform(0, duration - 300) for _ in range(900))
    report = of_length(
        duration,
        scenes=tuple(Scene(start=a, end=b) for a, b in pairwise(edges)),
        clips=clips,
        faces=tuple(FaceTrack(start=s, end=s + dice.uniform(5, 200), boxes=()) for s in starts),
    )
    image = draw(report, energy=[dice.uniform(-60, 0) for _ in range(43_200)])

    assert image.width == WIDTH
    assert image.height < 500
    seen = sum(score_colour(0.5) in column(image, clip.start + 20, duration) for clip in clips)
    assert seen > 190


def test_thumbnails_are_laid_along_the_time(draw, tmp_path):
    """The strip shows, at each place, the picture nearest in time."""
    pictures = []
    for time, colour in ((0.0, (200, 30, 30)), (40.0, (30, 30, 200))):
        file = tmp_path / f"{time}.jpg"
        Image.new("RGB", (320, 180), colour).save(file)
        pictures.append((time, file))
    with_strip = draw(make_report(), thumbnails=pictures)

    red, _, blue = with_strip.getpixel((round(place(3, DURATION)), 60))
    assert red > 150 > blue
    red, _, blue = with_strip.getpixel((round(place(44, DURATION)), 60))
    assert blue > 150 > red


@pytest.mark.parametrize("duration", [0.04, 0.2, 3.0, 46.6, 599.0, 5400.0, 21_600.0, 90_000.0])
def test_ticks_are_round_and_not_too_many(duration):
    """Between three and eleven, whatever the length."""
    step = tick_step(duration)

    assert 3 <= duration / step <= MAX_TICKS
