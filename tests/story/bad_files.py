"""Files that are broken, or lie, or want us to open something else."""

import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ffmpeg
from story.mp4_boxes import add_to_moov, box, find, overwrite, set_number
from videos import make_video

from cutroom.media.ffmpeg import guarded_input, run

CANARY = "canary.ts"
"""A sound video beside the hostile file: whoever follows a pointer opens it."""
_MDHD, _STTS = (b"moov", b"trak", b"mdia", b"mdhd"), (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def holding(name: str, content: bytes | str) -> Callable[[Path], Path]:
    """Return a maker of a file with the given bytes."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def pointing(name: str, text: str) -> Callable[[Path], Path]:
    """Return a maker of a text that points at a real video; `{canary}` is its path."""

    def make(folder: Path) -> Path:
        canary = make_video(folder / CANARY, seconds=1)
        return holding(name, text.replace("{canary}", str(canary)))(folder)

    return make


def sound_only(name: str, **options: Any) -> Callable[[Path], Path]:
    """Return a maker of a file without picture."""

    def make(folder: Path) -> Path:
        tone = ffmpeg.input("sine", f="lavfi", t=1)
        run(ffmpeg.output(tone, f"file:{folder / name}", **options))
        return folder / name

    return make


def with_cover_art(folder: Path) -> Path:
    """Write a song with a picture on its sleeve."""
    tone = ffmpeg.input("sine", f="lavfi", t=1)
    cover = ffmpeg.input("testsrc2=size=300x300", f="lavfi", t=0.04)
    options = {"c:v": "mjpeg", "pix_fmt": "yuvj420p", "disposition:v": "attached_pic"}
    run(ffmpeg.output(tone, cover, f"file:{folder / 'song.mp3'}", **options))
    return folder / "song.mp3"


def noise(size: int, seed: int = 1) -> bytes:
    """Return bytes that mean nothing, always the same."""
    return random.Random(seed).randbytes(size)


def half_of(name: str, **options: Any) -> Callable[[Path], Path]:
    """Return a maker of the first half of a video in any container."""

    def make(folder: Path) -> Path:
        path = make_video(folder / name, seconds=4, **options)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        return path

    return make


def overwritten(
    share: tuple[float, float], *, zeros: bool = False, **options: Any
) -> Callable[[Path], Path]:
    """Return a maker of a video whose media data is noise, or zero, from one share to another."""

    def make(folder: Path) -> Path:
        path = make_video(folder / "damaged.mp4", seconds=4, **{"g": 10, **options})
        start, end = find(path.read_bytes(), b"mdat")
        size = end - start - 8
        first, last = (int(size * at) for at in share)
        fill = bytes(last - first) if zeros else noise(last - first)
        return overwrite(path, start + 8 + first, fill)

    return make


def encrypted(scheme: str, **options: Any) -> Callable[[Path], Path]:
    """Return a maker of a video under Common Encryption (ISO/IEC 23001-7)."""

    def make(folder: Path) -> Path:
        keys = {"encryption_scheme": scheme, "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb"}
        keys["encryption_kid"] = "a7e61c373e219033c21091fa607bf3b8"
        return make_video(folder / "locked.mp4", seconds=1, **keys, **options)

    return make


def huge_box(folder: Path) -> Path:
    """Write a video whose first box claims 4 GiB."""
    return overwrite(make_video(folder / "box.mp4"), 0, b"\xff\xff\xff\xff")


def huge_moov(folder: Path) -> Path:
    """Write a video whose table of contents claims 4 GiB."""
    return set_number(make_video(folder / "moov.mp4"), (b"moov",), 0, 0xFFFFFFFF)


def unknown_codec(folder: Path) -> Path:
    """Write a video in a codec that nobody has heard of."""
    path = make_video(folder / "zzzz.mp4", seconds=1)
    return overwrite(path, path.read_bytes().rindex(b"avc1"), b"zzzz")


def claims_12_hours(folder: Path) -> Path:
    """Write three seconds whose headers say twelve hours, but not their index."""
    path = make_video(folder / "long.mp4", seconds=3, sound=False)
    mvhd, tkhd = (b"moov", b"mvhd"), (b"moov", b"trak", b"tkhd")
    set_number(path, mvhd, 24, 12 * 3600 * 1000)
    return set_number(path, tkhd, 28, 12 * 3600 * 1000)


def huge_frame_times(folder: Path) -> Path:
    """Write a video whose index gives each frame a day."""
    path = make_video(folder / "stts.mp4", seconds=1, sound=False)
    return set_number(path, (*_STTS, b"stts"), 20, 0x7FFFFFFF)


def huge_frame_count(folder: Path) -> Path:
    """Write a video whose index claims four billion frames."""
    path = make_video(folder / "count.mp4", seconds=1, sound=False)
    return set_number(path, (*_STTS, b"stts"), 16, 0xFFFFFFFF)


def no_timescale(folder: Path) -> Path:
    """Write a video whose ticks last for ever."""
    return set_number(make_video(folder / "scale.mp4", seconds=1, sound=False), _MDHD, 20, 0)


def gap_of_10_hours(folder: Path) -> Path:
    """Write a second of video whose last frame is ten hours later."""
    wait = "setpts='if(gte(N,20),PTS+36000/TB,PTS)'"
    return make_video(folder / "gap.mkv", seconds=1, sound=False, vf=wait, fps_mode="passthrough")


def picture_bomb(folder: Path) -> Path:
    """Write a frame of 36 megapixels in a few kilobytes."""
    return make_video(
        folder / "bomb.mp4",
        seconds=0.04,
        size="8208x4400",
        sound=False,
        vf="drawbox=t=fill:color=black",
    )


def gif_bomb(folder: Path) -> Path:
    """Write a GIF that claims a quarter of a gigapixel."""
    path = make_video(folder / "bomb.gif", seconds=0.2, sound=False, pix_fmt=..., **{"c:v": "gif"})
    return overwrite(path, 6, struct.pack("<HH", 16000, 16000))


def pssh_flood(folder: Path) -> Path:
    """Write a video with 60 000 boxes about keys; demuxers compare each with all before."""
    made = [box(b"pssh", bytes(4) + noise(16, seed) + bytes(4)) for seed in range(60_000)]
    return add_to_moov(make_video(folder / "pssh.mp4", seconds=1), b"".join(made))


def nested_boxes(folder: Path) -> Path:
    """Write a table of contents in a table of contents, 3000 deep."""
    inner = b""
    for _ in range(3000):
        inner = box(b"moov", inner)
    ftyp = box(b"ftyp", b"isom\0\0\2\0isom")
    return holding("nested.mp4", ftyp + inner)(folder)


def many_boxes(folder: Path) -> Path:
    """Write a video followed by a hundred thousand empty boxes."""
    path = make_video(folder / "boxes.mp4", seconds=1)
    path.write_bytes(path.read_bytes() + box(b"free") * 100_000)
    return path


def element(name: str, content: bytes) -> bytes:
    """Return one EBML element (RFC 8794), its size in eight bytes."""
    return bytes.fromhex(name) + (len(content) | 1 << 56).to_bytes(8, "big") + content


def tracks_900(folder: Path) -> Path:
    """Write a Matroska file of nine hundred pictures."""
    size = element("B0", b"\x01\x40") + element("BA", b"\xb4")
    tracks = b"".join(
        element(
            "AE",
            element("D7", number.to_bytes(2, "big"))
            + element("73C5", number.to_bytes(2, "big"))
            + element("83", b"\x01")
            + element("86", b"V_VP8")
            + element("E0", size),
        )
        for number in range(1, 901)
    )
    head = element("1A45DFA3", element("4282", b"matroska") + element("4287", b"\x04"))
    info = element("1549A966", element("2AD7B1", b"\x0f\x42\x40"))
    segment = element("18538067", info + element("1654AE6B", tracks))
    return holding("tracks.mkv", head + segment)(folder)


def avi_with_playlist(folder: Path) -> Path:
    """Write an AVI whose subtitles are a playlist, which AVI demuxers open (CVE-2017-9993)."""
    canary = make_video(folder / CANARY, seconds=1)
    path = make_video(folder / "gab2.avi", seconds=1, **{"c:v": "mpeg4", "c:a": "mp3"})
    playlist = f"#EXTM3U\n#EXTINF:1,\nfile://{canary}\n#EXT-X-ENDLIST\n".encode()
    title = b"x\0\0\0"
    subtitles = b"GAB2\0\2\0" + struct.pack("<I", len(title)) + title
    subtitles += b"\4\0" + struct.pack("<I", len(playlist)) + playlist
    header = struct.pack(
        "<4s4sIHHIIIIIIII4H", b"txts", b"\0\0\0\0", *(0,) * 4, 1, 1, 0, 1, *(0,) * 7
    )
    stream = _chunk(b"LIST", b"strl" + _chunk(b"strh", header) + _chunk(b"strf", b""))
    data = path.read_bytes()
    hdrl = data.index(b"hdrl") - 8
    hdrl_end = hdrl + 8 + struct.unpack_from("<I", data, hdrl + 4)[0]
    movi = data.index(b"movi") - 8
    hdrl_new = _chunk(b"LIST", data[hdrl + 8 : hdrl_end] + stream)
    movi_end = movi + 8 + struct.unpack_from("<I", data, movi + 4)[0]
    movi_new = _chunk(b"LIST", b"movi" + _chunk(b"02tx", subtitles) + data[movi + 12 : movi_end])
    path.write_bytes(_chunk(b"RIFF", b"AVI " + hdrl_new + data[hdrl_end:movi] + movi_new))
    return overwrite(path, path.read_bytes().index(b"avih") + 8 + 24, struct.pack("<I", 3))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def with_script_inside(folder: Path) -> Path:
    """Write a video that is also a web page with a script."""
    path = make_video(folder / "page.mp4", seconds=1)
    page = box(b"free", b"<html><script>alert(1)</script></html>")
    path.write_bytes(path.read_bytes() + page)
    return path


def with_archive_behind(folder: Path) -> Path:
    """Write a video that is also an archive, with a name that climbs out."""
    path = make_video(folder / "archive.mp4", seconds=1)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../unpacked.txt", "x")
    return path


def with_attachment(folder: Path) -> Path:
    """Write a Matroska file with an attached file whose name climbs out."""
    picture = folder / "in" / "p.png"
    picture.parent.mkdir()
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + noise(200))
    names = {"s:t": "mimetype=image/png", "s:t:0": "filename=../../extracted.png"}
    made = make_video(folder / "in" / "plain.mkv", seconds=1)
    output = ffmpeg.output(
        guarded_input(made),
        f"file:{folder / 'attached.mkv'}",
        c="copy",
        attach=str(picture),
        **{f"metadata:{place}": name for place, name in names.items()},
    )
    run(output)
    return folder / "attached.mkv"
