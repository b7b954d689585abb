"""What is encoded at both ends fits the source, and what does not fit together is refused."""

from dataclasses import replace
from pathlib import Path

import av
import ffmpeg
import pytest

from cutroom.media.cutting.ends import End, encode_end
from cutroom.media.cutting.seams import beside_head, beside_tail, likeness_at_seams
from cutroom.media.cutting.splicing import Pieces, splice
from cutroom.media.ffmpeg import run
from cutroom.media.probe import probe
from cutroom.records.errors import OutputUnsound
from tests.media.cutting.smart_sources import SOURCES, X264, cut_out, described, plan_of


def test_the_ends_fit_their_source(tmp_path):
    """One sample description with both parameter sets, of one profile, level, shape and colour."""
    source = tmp_path / "tagged.mp4"
    picture = ffmpeg.input("testsrc2=size=320x240:rate=25", f="lavfi", t=5).filter("setsar", "4/3")
    colour = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
    words = {"x264-params": X264, "level": "4.1", "profile": "high", **colour}
    run(ffmpeg.output(picture, str(source), pix_fmt="yuv420p", **words))

    clip = cut_out(source, 17 / 25, 106 / 25)

    assert clip.how == "smart"
    before, after = probe(source), probe(clip.path)
    for trait in ("profile", "pixel_format", "pixel_shape", "width", "height", "time_base"):
        assert getattr(after.video, trait) == getattr(before.video, trait)
    assert colours_of(clip.path) == colours_of(source)
    description = described(clip.path, after)
    assert [unit[1:4] for unit in description.of_kind("sps")] == [
        description.of_kind("sps")[0][1:4]
    ] * 2
    assert len(description.ids) == 2


@pytest.mark.parametrize(("kind", "profile"), [("baseline", 66), ("main, no CABAC", 77)])
def test_the_ends_are_of_no_higher_profile(tmp_path, kind, profile):
    """A player that was made for the source's plays them."""
    clip = cut_out(SOURCES[kind](tmp_path), 17 / 25, 106 / 25)

    description = described(clip.path, probe(clip.path))

    assert [unit[1] for unit in description.of_kind("sps")] == [profile, profile]


def colours_of(path: Path) -> set[tuple[int, int, int, int]]:
    with av.open(str(path)) as container:
        return {
            (one.color_primaries, one.color_trc, one.colorspace, one.color_range)
            for one in container.decode(video=0)
        }


def test_a_seam_is_looked_at_frame_by_frame(tmp_path):
    """A copied frame that is not the source's is refused; an encoded one is less like it."""
    source = SOURCES["plain"](tmp_path)
    media, plan = probe(source), plan_of(source, 17 / 25, 107 / 25)
    assert plan is not None
    looked_at, part = beside_head(plan), tmp_path / "clip.mp4"
    words = {"key": plan.head_key, "looked_at": looked_at, "crf": 10}
    head = encode_end(source, media, plan.picture, plan.head, **words)
    words = {"key": plan.tail_key, "looked_at": beside_tail(plan), "crf": 10}
    tail = encode_end(source, media, plan.picture, plan.tail, **words) if len(plan.tail) else End()
    splice(source, media, Pieces(plan, head, tail), part)

    def with_other(pts: int) -> End:
        return replace(head, pictures={**head.pictures, pts: 255 - head.pictures[pts]})

    assert likeness_at_seams(part, plan, head, tail) > 0.99
    assert likeness_at_seams(part, plan, with_other(int(plan.head[-1])), tail) < 0.5
    with pytest.raises(OutputUnsound, match="copied frame"):
        likeness_at_seams(part, plan, with_other(int(plan.run[0])), tail)


def test_a_missing_or_doubled_frame_is_refused(tmp_path):
    """Before anything is written."""
    source = SOURCES["plain"](tmp_path)
    media, plan = probe(source), plan_of(source, 17 / 25, 107 / 25)
    assert plan is not None
    words = {"key": plan.head_key, "looked_at": beside_head(plan), "crf": 10}
    head = encode_end(source, media, plan.picture, plan.head, **words)

    for samples in (head.samples[:-1], (*head.samples, head.samples[-1])):
        with pytest.raises(OutputUnsound, match="missing, or there twice"):
            splice(source, media, Pieces(plan, replace(head, samples=samples)), tmp_path / "x.mp4")
