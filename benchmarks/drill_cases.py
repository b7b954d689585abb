"""Where jobs die in the drill, what dies there, and what must not be done again afterwards."""

from dataclasses import dataclass
from typing import Literal

Victim = Literal["flow", "worker", "ffmpeg", "command"]
"""The job's process alone; the worker with all its processes; only ffmpeg; the command that handed
the order over."""
Film = Literal["sample", "old", "brief"]
"""The project's own sample, which needs no encode; MPEG-4 in AVI, of which everything has to be
made anew; or four seconds of the sample, so that a master is some parts large and no more."""

OPTIONS = ("--clips", "2", "--cut", "encode", "--renditions", "360p")
SILENT = ("--no-transcript",)
SPOKEN: dict[Victim, tuple[str, ...]] = {"flow": ("--language", "en"), "worker": ()}
COPIES = ("--preset", "transcode", "--renditions", "360p")
MASTER = (*COPIES, "--master")

_PREPARED = frozenset({"fetch", "normal"})
_HEARD = _PREPARED | {"proxy", "silences", "speech"}
_CHOSEN = _PREPARED | {"proxy", "keyframes", "scenes", "moments"}
_MADE = _CHOSEN | {"clips", "renditions"}
_COPIED = _PREPARED | {"renditions", "master"}


@dataclass(frozen=True)
class Case:
    """One job and its accident."""

    place: str
    """A failpoint."""
    victim: Victim
    done: frozenset[str] = frozenset()
    """Stages that are finished when the place is reached, and must be cached afterwards."""
    times: int = 1
    """How often the place is reached until it happens."""
    step: str = ""
    """First word of the step whose ffmpeg is killed; it must be tried again, and no other."""
    about: str = ""
    """What the command of that ffmpeg has in it."""
    film: Film = "sample"
    is_link: bool = False
    """Whether the film is fetched from a web server."""
    has_bucket: bool = False
    """Whether results go to a bucket."""
    options: tuple[str, ...] = (*OPTIONS, *SILENT)

    @property
    def name(self) -> str:
        """What the case is called on the command line."""
        return "-".join(part for part in (self.place, self.step, self.victim) if part)

    @property
    def shown(self) -> str:
        """The place, as the scorecard says it."""
        return f"{self.place} of {self.step}" if self.step else self.place

    @property
    def orders_clips(self) -> bool:
        """Whether clips are ordered, or else copies alone."""
        return "--preset" not in self.options

    @property
    def attempts(self) -> int:
        """How many attempts the job may need: dead processes cost one, a dead ffmpeg none."""
        return 2 if self.victim in {"flow", "worker"} else 1


def _processes() -> list[Case]:
    """Return the places where a flow's process dies, alone and with its worker."""
    cases = []
    victims: tuple[Victim, ...] = ("flow", "worker")
    for victim in victims:
        cases += [
            Case("fetch", victim, times=20, is_link=True),
            Case("keep", victim, _PREPARED),
            Case("normal", victim, frozenset({"fetch"})),
            # What one of them has written down would be the other's as well: the sound is the same.
            Case("words", victim, _HEARD, options=(*OPTIONS, *SPOKEN[victim])),
            Case("ffmpeg", victim, _PREPARED),
            Case("clip", victim, _CHOSEN),
            Case("deliver", victim, _MADE),
            Case("swap", victim, _MADE),
            Case("upload", victim, _MADE, has_bucket=True),
            Case("part", victim, _COPIED, film="brief", options=MASTER, has_bucket=True),
            Case("manifest", victim, _MADE, has_bucket=True),
            Case("finish", victim, _MADE),
        ]
    return cases


CASES = (
    Case("accepted", "command"),
    *_processes(),
    Case("ffmpeg", "ffmpeg", step="normal", about="/normal.mp4", film="old", options=COPIES),
    Case("ffmpeg", "ffmpeg", step="proxy", about="/proxy.mp4", film="old"),
    Case("ffmpeg", "ffmpeg", step="clip", about="-crf 19"),
    Case("ffmpeg", "ffmpeg", step="renditions", about="/360p.mp4"),
)


def choose(names: list[str]) -> list[Case]:
    """Return the cases of these names or places; all where none is named."""
    return [case for case in CASES if not names or case.name in names or case.place in names]
