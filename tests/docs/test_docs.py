"""What the pages say is there."""

import re
from itertools import product
from pathlib import Path

import pytest

from blocks.settings import Settings
from cutroom.media.making.profiles import PROFILES
from cutroom.records import errors

ROOT = Path(__file__).parents[2]


def test_every_setting_is_in_the_readme():
    """Nobody has to read the code to configure it."""
    readme = (ROOT / "README.md").read_text()

    assert not [name for name in Settings.model_fields if f"CUTROOM_{name.upper()}" not in readme]


def test_every_file_on_the_map_exists():
    """The map leads nowhere that is not there."""
    page = (ROOT / "docs" / "map.md").read_text()
    named = re.findall(r"`((?:flows|tasks|blocks|deployments|cutroom)/[\w./{},]*)`", page)
    paths = [path for name in named for path in expanded(name)]

    assert len(paths) > 20
    assert not [path for path in paths if not (ROOT / path).exists()]


def expanded(name):
    """Return the paths that a name with one pair of braces stands for."""
    found = re.fullmatch(r"(.*)\{(.*)\}(.*)", name)
    if not found:
        return [name]
    return ["".join(parts) for parts in product([found[1]], found[2].split(","), [found[3]])]


def test_every_link_in_the_pages_leads_somewhere():
    """Relative links name files of this repository."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_profiles_are_named_as_files_can_be(name):
    """A profile's name is a file's name and an option's word."""
    assert re.fullmatch(r"[a-z0-9_]+", name)


def test_no_page_names_an_error_that_is_not_there():
    """Codes in the pages are codes of the family."""
    codes = {thing.code for thing in vars(errors).values() if hasattr(thing, "code")}
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^([A-Z_]{6,}): ", text, flags=re.MULTILINE))

    assert named
    assert named <= codes
