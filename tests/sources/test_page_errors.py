"""What extractors say, and what we make of it."""

import errno

import pytest
from yt_dlp.networking.exceptions import RequestError, SSLError, TransportError
from yt_dlp.utils import (
    DownloadError,
    ExtractorError,
    GeoRestrictedError,
    UnsupportedError,
    UserNotLive,
)

from cutroom.records.errors import (
    AddressForbidden,
    DiskFull,
    SourceEmpty,
    SourceForbidden,
    SourceGone,
    SourceLive,
    SourceNotVideo,
    SourcePrivate,
    SourceUnreachable,
)
from cutroom.sources.page_errors import meaning, translated

PLACE = "https://example.com/watch"
SAID = (
    ("Private video. Sign in if you've been granted access to this video", SourcePrivate),
    ("Sign in to confirm your age. This video may be inappropriate", SourcePrivate),
    ("Join this channel to get access to members-only content", SourcePrivate),
    ("This video is only available for registered users. Use --cookies", SourcePrivate),
    ("The web client only works when logged-in. Use --cookies", SourcePrivate),
    ("This video is protected by a password, use the --video-password option", SourcePrivate),
    ("This video requires payment to watch; rental or purchase", SourcePrivate),
    ("Sign in to confirm you\u2019re not a bot. Use --cookies", SourceForbidden),
    ("The uploader has not made this video available in your country", SourceForbidden),
    ("This video is DRM protected", SourceForbidden),
    ("Video unavailable", SourceGone),
    ("This video has been removed by the uploader", SourceGone),
    ("Video unavailable: the account associated with it has been terminated", SourceGone),
    ("Sorry, this post has been deleted", SourceGone),
    ("This video does not exist", SourceGone),
    ("This live event will begin in 3 hours", SourceLive),
    ("Premieres in 20 minutes", SourceLive),
    ("No video formats found!", SourceNotVideo),
    ("Requested format is not available", SourceNotVideo),
    ("Unable to extract player version", SourceNotVideo),
    ("Too many requests, try again later", SourceUnreachable),
)


@pytest.mark.parametrize(("said", "kind"), SAID)
def test_sayings_are_understood(said, kind):
    """As sites word them; the most telling part of a sentence decides."""
    assert type(meaning(ExtractorError(said, expected=True), PLACE, [])) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnsupportedError("https://u:canary@example.com/?token=canary"), SourceNotVideo),
        (GeoRestrictedError("Only for some"), SourceForbidden),
        (UserNotLive(), SourceLive),
        (TransportError("reset by peer"), SourceUnreachable),
        (SSLError("certificate has expired"), SourceUnreachable),
        (DownloadError("[download] Got error: HTTP Error 503: Busy. Giving up"), SourceUnreachable),
        (DownloadError("[download] Got error: HTTP Error 410: Gone"), SourceGone),
        (DownloadError("[download] Got error: 5 bytes read, 9 more expected"), SourceUnreachable),
        (DownloadError("Did not get any data blocks"), SourceEmpty),
        (DownloadError("an unheard-of failure"), SourceNotVideo),
    ],
)
def test_errors_are_understood_by_their_kind(error, kind):
    """Without a look at their wording, and without their secrets."""
    found = meaning(error, PLACE, [])

    assert type(found) is kind
    assert "canary" not in str(found)


def test_an_error_deep_inside_is_found():
    """yt-dlp wraps errors in attributes as well as in causes."""
    inner = AddressForbidden("inside", "no")
    wrapped = ExtractorError("Unable to download webpage", cause=RequestError(cause=inner))
    outer = DownloadError("ERROR", (type(wrapped), wrapped, None))

    assert meaning(outer, PLACE, []) is inner


def test_a_full_disk_is_not_the_sites_fault():
    """Whatever yt-dlp says about it."""
    error = DownloadError("unable to write data")
    error.__context__ = OSError(errno.ENOSPC, "No space left on device")

    assert isinstance(meaning(error, PLACE, []), DiskFull)


def test_advice_and_colours_of_yt_dlp_are_left_out():
    """The user of Cutroom has no command line of yt-dlp, nor its bug tracker."""
    error = DownloadError(
        "\x1b[0;31mERROR:\x1b[0m [x] Odd page; please report this issue on  github"
    )

    assert meaning(error, PLACE, []).problem == f"{PLACE}: [x] Odd page."


def test_a_missing_javascript_runtime_is_mentioned():
    """When yt-dlp warned about one, the hint says what to install."""
    found = meaning(DownloadError("failed"), PLACE, ["No supported JavaScript runtime found"])

    assert "deno" in found.hint


@pytest.mark.parametrize(
    "fault", [KeyError("x"), TypeError("x"), RecursionError("x"), OSError("x")]
)
def test_a_fault_of_an_extractor_is_no_crash(fault):
    """A page built to confuse yt-dlp ends in a typed error like any other."""
    with pytest.raises((SourceNotVideo, SourceUnreachable)), translated(PLACE):
        raise fault
