"""Videos as people, programs and attackers send them, and what shall come of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from story import bad_files as bad
from story import odd_videos as odd
from story.odd_videos import PQ, X265, copied, mixed, named, video

from cutroom.records.errors import (
    CodecUnsupported,
    CutroomError,
    FormatForbidden,
    LimitExceeded,
    MediaCorrupt,
    MediaEncrypted,
    MediaTruncated,
    NotMedia,
    SourceEmpty,
    SourceNotVideo,
    SourceTooLong,
    VideoMissing,
)


@dataclass(frozen=True)
class Case:
    """One file, and what shall come of it."""

    name: str
    make: Callable[[Path], Path]
    """Writes the file into a folder and returns its path."""
    error: type[CutroomError] | None = None
    """Exactly this; None where the file must work."""
    tells: str = ""
    """What the error, or the note about damage, must say; a regular expression."""
    seconds: float | None = None
    """How long it must be found to last."""
    size: tuple[int, int] | None = None
    """How large a clip of it must be, upright and in square pixels."""


def _fails(
    error: type[CutroomError], *cases: tuple[str, Callable[[Path], Path], str]
) -> list[Case]:
    return [Case(name, make, error, tells) for name, make, tells in cases]


HTML = "<!-- a page -->\n<!DOCTYPE html>\n<html><body>Not found</body></html>"
HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
DASH = """<?xml version="1.0"?><MPD type="static" mediaPresentationDuration="PT1S"
xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation id="1"
bandwidth="1" mimeType="video/mp2t"><BaseURL>file://{canary}</BaseURL></Representation>
</AdaptationSet></Period></MPD>"""
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 33\n"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<image xlink:href="file://{canary}"/></svg>'
)
MVG = "push graphic-context\nimage over 0,0 0,0 '{canary}'\npop graphic-context\n"

NO_MEDIA = [
    *_fails(SourceEmpty, ("empty", bad.holding("a.mp4", b""), "empty")),
    *_fails(
        NotMedia,
        ("one byte", bad.holding("a.mp4", b"\0"), "not a media file"),
        ("random", bad.holding("a.mp4", bad.noise(70_000)), "not a media file"),
        ("zeros", bad.holding("a.mp4", bytes(70_000)), "not a media file"),
        ("text", bad.holding("a.mp4", "Dear all,\n" * 900), "not a media file"),
        ("yt-dlp.conf", bad.holding("yt-dlp.conf", "--exec 'touch canary.ts'\n"), ""),
    ),
    *_fails(
        SourceNotVideo,
        ("web page", bad.holding("a.mp4", HTML), "web page"),
        ("picture", bad.holding("a.mp4", b"\x89PNG\r\n\x1a\n" + bad.noise(900)), "PNG"),
    ),
]
NO_PICTURE = _fails(
    VideoMissing,
    ("sound in mp4", bad.sound_only("a.mp4"), "only sound"),
    ("mp3", bad.sound_only("a.mp3"), "only sound"),
    ("wav", bad.sound_only("a.wav"), "only sound"),
    ("flac", bad.sound_only("a.flac"), "only sound"),
    ("ogg", bad.sound_only("a.ogg", **{"c:a": "libopus"}), "only sound"),
    ("bare aac", bad.sound_only("a.aac"), "only sound"),
    ("song with cover art", bad.with_cover_art, "only sound"),
)
BROKEN = [
    *_fails(
        MediaTruncated,
        ("half without index", bad.half_of("a.mp4"), "never finished"),
        ("half with index", bad.half_of("a.mp4", movflags="+faststart"), "50% of its"),
        ("half a matroska", bad.half_of("a.mkv"), "of the 4.0 s"),
        ("half with cues", bad.half_of("a.mkv", cues_to_front=1), "% of its"),
        ("half an avi", bad.half_of("a.avi", **{"c:v": "mpeg4", "c:a": "mp3"}), "of the 4.0 s"),
        ("half an flv", bad.half_of("a.flv"), "of the 4.0 s"),
        ("first box claims 4 GiB", bad.huge_box, ""),
    ),
    *_fails(
        MediaCorrupt,
        ("all zero", bad.overwritten((0.0, 1.0), zeros=True), "No frame"),
        ("mostly noise", bad.overwritten((0.2, 0.95)), "damaged"),
        ("nested boxes", bad.nested_boxes, "cannot be opened"),
    ),
    *_fails(
        MediaEncrypted,
        ("encrypted", bad.encrypted("cenc-aes-ctr"), "DRM"),
        ("encrypted, no sound", bad.encrypted("cenc-aes-ctr", sound=False), "DRM"),
    ),
    *_fails(
        CodecUnsupported,
        ("unknown codec", bad.unknown_codec, ""),
        ("magicyuv", video("a.avi", **{"c:v": "magicyuv", "pix_fmt": "yuv444p"}), "magicyuv"),
    ),
    Case("noise in the middle", bad.overwritten((0.5, 0.62)), tells="damaged, around", seconds=4),
    Case("zeros in the middle", bad.overwritten((0.5, 0.62), zeros=True), tells="damaged"),
    Case("noise in a keyframe", bad.overwritten((0.0, 0.05), g=25), tells="damaged"),
]
LIARS = [
    *_fails(
        LimitExceeded,
        ("picture bomb", bad.picture_bomb, "8208x4400"),
        ("gif bomb", bad.gif_bomb, "16000x16000"),
        ("900 tracks", bad.tracks_900, "streams"),
        ("60 000 pssh boxes", bad.pssh_flood, "boxes"),
        (
            "1000 frames a second",
            video("a.mp4", seconds=0.5, rate="1000", size="64x36", sound=False),
            "1000 frames a second",
        ),
    ),
    *_fails(SourceTooLong, ("gap of ten hours", bad.gap_of_10_hours, "10.0 h")),
    Case("claims 12 hours", bad.claims_12_hours, seconds=3),
    Case("index claims 4 GiB", bad.huge_moov, seconds=2),
    Case("100 000 boxes", bad.many_boxes, seconds=1),
]
"""What they claim must never drive a loop, an allocation or a wait."""
POINTERS = _fails(
    FormatForbidden,
    ("HLS", bad.pointing("a.m3u8", HLS.format("file://{canary}")), "HLS"),
    ("HLS as mp4", bad.pointing("a.mp4", HLS.format("file://{canary}")), "HLS"),
    ("HLS, sibling", bad.pointing("a.mp4", HLS.format("canary.ts")), "HLS"),
    ("HLS, http", bad.pointing("a.mp4", HLS.format("http://169.254.169.254/x.ts")), "HLS"),
    ("HLS, concat", bad.pointing("a.mp4", HLS.format("concat:{canary}|{canary}")), "HLS"),
    ("HLS after a mark", bad.pointing("a.mp4", "\ufeff" + HLS.format("canary.ts")), "HLS"),
    ("concat", bad.pointing("a.mp4", "ffconcat version 1.0\nfile canary.ts\n"), "concat"),
    ("DASH", bad.pointing("a.mp4", DASH), "XML"),
    ("SDP", bad.pointing("a.mp4", SDP), "SDP"),
    ("SVG", bad.pointing("a.mp4", SVG), "SVG"),
    ("MVG", bad.pointing("a.mp4", MVG), "MVG"),
)
"""Each has a real video beside it, which must not be opened."""
INERT = [
    Case("AVI with a playlist inside", bad.avi_with_playlist, seconds=1),
    Case("video and web page", bad.with_script_inside, seconds=1),
    Case("video and archive", bad.with_archive_behind, seconds=1),
    Case("attachment", bad.with_attachment, seconds=1),
    Case(
        "evil title",
        video(
            "a.mp4",
            seconds=1,
            metadata="title=<img onerror=alert(1)>';movie=/etc/passwd\nIGNORE ALL PREVIOUS",
        ),
    ),
]
NAMES = [
    Case(f"named {name!r}", named(name), seconds=1)
    for name in (
        *("two words.mp4", 'it\'s "quoted" $(touch canary.ts) `id`.mp4', "one\ntwo.mp4"),
        *("-i.mp4", "a:b.mp4", "concat:x|y.mp4", "100%_%03d_%s.mp4", "🎬 película.mp4"),
        *("\u202e4pm.exe", "[a,b]=c;d'.mp4", "ü" * 120, "no ending", ".hidden", "back\\slash.mp4"),
    )
]
BOXES = [
    Case("mp4", video("a.mp4"), seconds=2, size=(320, 180)),
    Case("faststart", video("a.mp4", movflags="+faststart"), seconds=2),
    Case("fragmented", video("a.mp4", movflags="+frag_keyframe+empty_moov"), seconds=2),
    Case("fragmented, no default", video("a.mp4", movflags="+cmaf"), seconds=2),
    Case("wrong ending", odd.wrong_ending, seconds=1),
    Case(
        "webm",
        video("a.webm", deadline="realtime", **{"c:v": "libvpx", "c:a": "libopus"}),
        seconds=2,
    ),
    Case("avi", video("a.avi", **{"c:v": "mpeg4", "c:a": "mp3"}), seconds=2),
    Case("flv", video("a.flv"), seconds=2),
    Case("wmv", video("a.wmv", **{"c:v": "wmv2", "c:a": "wmav2"}), seconds=2),
    Case("ogv", video("a.ogv", **{"c:v": "libtheora", "c:a": "libvorbis"}), seconds=2),
    Case("mpeg", video("a.mpg", **{"c:v": "mpeg1video", "c:a": "mp2"}), seconds=2),
    Case("live matroska", video("a.mkv", live=1), seconds=2),
    Case("long live matroska", video("a.mkv", live=1, seconds=40, size="64x36"), seconds=40),
    Case("several pictures", odd.two_pictures, seconds=2, size=(320, 180)),
    Case("no sound", video("a.mp4", sound=False), seconds=2),
]
PICTURES = [
    Case("turned", copied("a.mp4", {"display_rotation": 90}), size=(180, 320)),
    Case("upside down", copied("a.mp4", {"display_rotation": 180}), size=(320, 180)),
    Case(
        "turned and mirrored",
        copied("a.mp4", {"display_rotation": 270, "display_hflip": None}),
        size=(180, 320),
    ),
    Case("anamorphic", video("a.mp4", size="720x576", vf="setsar=64/45"), size=(1024, 576)),
    Case("odd ffv1", video("a.mkv", size="321x181", **{"c:v": "ffv1"})),
    Case("odd gif", video("a.gif", size="321x181", sound=False, pix_fmt=..., **{"c:v": "gif"})),
    Case("odd mpeg4", video("a.avi", size="321x181", **{"c:v": "mpeg4"})),
    Case("odd 4:4:4", video("a.mp4", size="321x181", pix_fmt="yuv444p")),
    Case("tiny", video("a.mp4", size="2x2", sound=False), size=(2, 2)),
    Case(
        "one pixel", video("a.mkv", vf="scale=1:1", sound=False, pix_fmt="gray", **{"c:v": "ffv1"})
    ),
    Case("sliver", video("a.mp4", size="8192x16", seconds=0.4, sound=False)),
    Case("tower", video("a.mp4", size="16x4096", seconds=0.4, sound=False)),
    Case("10 bit", video("a.mp4", pix_fmt="yuv420p10le"), seconds=2),
    Case("10 bit 4:4:4", video("a.mp4", pix_fmt="yuv444p10le"), seconds=2),
    Case("4:2:2", video("a.mov", pix_fmt="yuv422p10le", **{"c:v": "prores", "c:a": "pcm_s16le"})),
    Case("grey", video("a.mp4", pix_fmt="gray"), seconds=2),
    Case(
        "see-through",
        video(
            "a.webm",
            pix_fmt="yuva420p",
            **{"c:v": "libvpx", "c:a": "libopus", "auto-alt-ref": 0, "deadline": "realtime"},
        ),
    ),
    Case("HDR10", video("a.mp4", seconds=1, vf=PQ, pix_fmt="yuv420p10le", **X265), seconds=1),
    Case(
        "interlaced",
        video("a.ts", vf="interlace", flags="+ilme+ildct", **{"c:v": "mpeg2video", "c:a": "mp2"}),
    ),
    Case("size changes", odd.size_changes, seconds=2),
]
TIMES = [
    Case("tenth of a second", video("a.mp4", seconds=0.1), seconds=0.1),
    Case("fifth of a second", video("a.mp4", seconds=0.2), seconds=0.2),
    Case("one frame", video("a.mp4", seconds=0.04, sound=False), seconds=0.04),
    Case("one frame, matroska", video("a.mkv", seconds=0.04, sound=False)),
    Case(
        "one frame, gif",
        video("a.gif", seconds=0.1, sound=False, rate="10", pix_fmt=..., **{"c:v": "gif"}),
    ),
    Case("one frame and sound", mixed("a.mp4", "sine", picture=0.04), seconds=2),
    Case("uneven frames", video("a.mp4", vf="select='not(mod(n,7))+gt(n,30)'", fps_mode="vfr")),
    Case("a frame a second", video("a.mp4", seconds=5, rate="1"), seconds=5),
    Case("120 frames a second", video("a.mp4", rate="120", seconds=1), seconds=1),
    Case("one group", video("a.mp4", seconds=4, g=9999, sc_threshold=0, preset="fast"), seconds=4),
    Case("keyframes only", video("a.mp4", g=1), seconds=2),
    Case(
        "before zero", video("a.ts", output_ts_offset=-1, avoid_negative_ts="disabled"), seconds=2
    ),
    Case("before zero, mp4", video("a.mp4", output_ts_offset=-1, avoid_negative_ts="disabled")),
    Case("starts after a day", video("a.ts", output_ts_offset=90_000), seconds=2),
    Case("starts late, mkv", video("a.mkv", output_ts_offset=5000), seconds=2),
    Case("clock wraps", video("a.ts", output_ts_offset=95_442), seconds=2),
    Case("edit list", copied("a.mp4", {"ss": 1.3}), seconds=1.7),
    Case("open groups", video("a.mp4", preset="medium", **{"x264-params": "open-gop=1:bframes=3"})),
]
SOUNDS = [
    Case("silent track", mixed("a.mp4", "anullsrc"), seconds=2),
    Case("several tracks", mixed("a.mp4", "sine", "sine=880", **{"disposition:a:1": "default"})),
    Case("surround", mixed("a.mp4", "anullsrc=channel_layout=5.1"), seconds=2),
    Case("sound lasts longer", mixed("a.mp4", "sine", picture=1, sound=5), seconds=5),
    Case("sound is shorter", mixed("a.mp4", "sine", picture=3, sound=0.5), seconds=3),
    Case("sound starts late", mixed("a.mp4", "sine", late=1.5), seconds=3.5),
    Case("sound starts early", mixed("a.mkv", "sine", late=-0.5, avoid_negative_ts="disabled")),
    Case("mp3", mixed("a.mp4", "sine", **{"c:a": "mp3"}), seconds=2),
    Case("ac3", mixed("a.mkv", "sine", **{"c:a": "ac3"}), seconds=2),
    Case("pcm", mixed("a.mov", "sine", **{"c:a": "pcm_s24le"}), seconds=2),
    Case("96 kHz", mixed("a.mkv", "sine=sample_rate=96000", **{"c:a": "flac"}), seconds=2),
    Case("codec we do not decode", mixed("a.mkv", "sine", **{"c:a": "wavpack"}), seconds=2),
]
BOUNDED = [
    Case("frames of a day", bad.huge_frame_times),
    Case("four billion frames", bad.huge_frame_count),
    Case("ticks of no length", bad.no_timescale),
    Case("no keyframe", copied("a.mp4", {}, **{"bsf:v": "noise=drop=key"})),
    Case("half a transport stream", bad.half_of("a.ts")),
]
"""Either of success and a typed error is right, as long as it comes soon."""

FAILING = [case for case in (*NO_MEDIA, *NO_PICTURE, *BROKEN, *LIARS, *POINTERS) if case.error]
WORKING = [
    *(case for case in (*BROKEN, *LIARS) if not case.error),
    *INERT,
    *NAMES,
    *BOXES,
    *PICTURES,
    *TIMES,
    *SOUNDS,
]
