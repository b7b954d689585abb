"""A master is the source's decode, bit for bit."""

import pytest
from frames import frame_hashes, frame_times
from videos import make_video

from cutroom.media.making.master import make_master
from cutroom.media.opening import open_media
from cutroom.media.probe import probe
from cutroom.records.errors import CodecUnsupported


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pix_fmt": "yuv422p"},
        {"pix_fmt": "yuvj420p"},
        {"c:v": "libx265", "pix_fmt": "yuv420p10le", "x265-params": "log-level=error"},
        {"bf": 3, "preset": "medium"},
        {"vf": "select='not(eq(mod(n,7),3))'", "fps_mode": "vfr"},
        {"size": "322x182"},
    ],
)
def test_every_frame_is_bit_exact(tmp_path, options):
    """Whatever the format, the master decodes to the very pixels of the source."""
    source = make_video(tmp_path / "a.mp4", seconds=1, **options)
    master = tmp_path / "master.mkv"

    make_master(source, probe(source), master)

    assert frame_hashes(master) == frame_hashes(source)
    assert frame_times(master) == pytest.approx(frame_times(source), abs=0.001)


def test_it_is_ffv1_and_flac(tmp_path):
    """Both codecs are lossless and documented."""
    source = make_video(tmp_path / "a.mp4", seconds=0.5)
    make_master(source, probe(source), tmp_path / "master.mkv")

    media = probe(tmp_path / "master.mkv")

    assert (media.video.codec, media.audio[0].codec) == ("ffv1", "flac")


def test_slices_and_their_checksums_can_be_set(tmp_path):
    """More slices and checksums cost bytes, and both are as asked."""
    source = make_video(tmp_path / "a.mp4", seconds=0.5)
    few, many = tmp_path / "few.mkv", tmp_path / "many.mkv"
    make_master(source, probe(source), few, slices=4, slice_crc=False)
    make_master(source, probe(source), many, slices=24, slice_crc=True)

    assert many.stat().st_size > few.stat().st_size
    assert header(many) != header(few)
    assert frame_hashes(few) == frame_hashes(many)


def header(path):
    with open_media(path) as container:
        return bytes(container.streams.video[0].codec_context.extradata)


def test_pixels_that_ffv1_cannot_hold_are_refused(tmp_path):
    """A master is never silently converted."""
    path = make_video(
        tmp_path / "a.gif", sound=False, **{"c:v": "gif", "preset": ..., "pix_fmt": "pal8"}
    )
    media = probe(path)
    odd = media.model_copy(
        update={"video": media.video.model_copy(update={"pixel_format": "pal8"})}
    )

    with pytest.raises(CodecUnsupported):
        make_master(path, odd, tmp_path / "master.mkv")
