import json

import jsonschema
import pytest

from cutroom.records.findings import Scene
from cutroom.records.report import ErrorReport, MasterReport
from cutroom.records.span import Span
from cutroom.report.schema import PUBLISHED, as_document, read_json, schema, write_json
from tests.report_maker import make_clip, make_media, make_report

VIRTUAL = make_clip(1, file=None, how=None, captions=None, thumbnail=None)
REPORTS = {
    "whole": make_report(),
    "nothing found": make_report(
        scenes=(), silences=(), speech=(), transcript=None, faces=(), topics=(), clips=(),
        renditions=(), degraded=(), proxy=None,
    ),
    "failed": make_report(
        status="failed", error=ErrorReport(code="X", message="It broke.", hint="Mend it.")
    ),
    "virtual": make_report(clips=(VIRTUAL,)),
    "silent": make_report(media=make_media(audio=())),
    "master": make_report(master=MasterReport(file="master.mkv", size_bytes=9)),
    "strange": make_report(clips=(make_clip(1, title="\u202e\n\"<b>' \U0001f3ac"),)),
}  # fmt: skip


def test_the_published_schema_is_the_one_the_records_give():
    """Whoever changes a record of the report publishes the schema again."""
    assert json.loads(PUBLISHED.read_text()) == schema(), "run: python -m cutroom.report.schema"


def test_the_schema_itself_is_sound():
    """It is valid JSON Schema of the draft it names."""
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_written_keeps_the_schema_and_reads_back(name, tmp_path):
    """Every kind of report is valid, and survives the way through its file."""
    path = tmp_path / "report.json"
    write_json(REPORTS[name], path)

    jsonschema.validate(json.loads(path.read_text()), schema())
    assert as_document(read_json(path)) == as_document(REPORTS[name])


def test_a_field_nobody_promised_is_refused():
    """The schema is closed: a typing mistake in a field's name does not pass."""
    document = as_document(make_report())
    document["sceenes"] = []

    with pytest.raises(jsonschema.ValidationError, match="sceenes"):
        jsonschema.validate(document, schema())


def test_a_field_that_is_always_written_is_required():
    """Readers may count on every field of the contract, empty or not."""
    document = as_document(make_report())
    del document["topics"]

    with pytest.raises(jsonschema.ValidationError, match="topics"):
        jsonschema.validate(document, schema())


def test_only_gradual_scenes_speak_of_a_change():
    """A scene after a hard cut is a start and an end, and nothing else."""
    change = Span(start=1.5, end=2.5)
    scenes = (Scene(start=0, end=2), Scene(start=2, end=3, gradual=True, change=change))

    written = as_document(make_report(scenes=scenes))["scenes"]

    assert written == [
        {"start": 0.0, "end": 2.0},
        {"start": 2.0, "end": 3.0, "gradual": True, "change": {"start": 1.5, "end": 2.5}},
    ]


def test_a_gradual_scene_without_its_change_is_valid_too():
    """A fade whose ends are not known says only that it is one."""
    document = as_document(make_report(scenes=(Scene(start=0, end=2, gradual=True),)))

    jsonschema.validate(document, schema())
    assert document["scenes"] == [{"start": 0.0, "end": 2.0, "gradual": True}]


def test_numbers_are_written_to_the_microsecond(tmp_path):
    """No digits that mean nothing, and one line break at the end."""
    path = tmp_path / "report.json"
    write_json(make_report(silences=(Span(start=1 / 3, end=2 / 3),)), path)
    text = path.read_text()

    assert json.loads(text)["silences"] == [{"start": 0.333333, "end": 0.666667}]
    assert text.endswith("}\n")


def test_an_endless_number_is_not_written(tmp_path):
    """JSON has no infinity; the file that is there stays as it was."""
    path = tmp_path / "report.json"
    path.write_text("old")

    with pytest.raises(ValueError, match="Out of range"):
        write_json(make_report(silences=(Span(start=0, end=float("inf")),)), path)
    assert path.read_text() == "old"
