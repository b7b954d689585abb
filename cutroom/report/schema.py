"""report.json: how it is written, read back, and promised to others."""

import json
from pathlib import Path
from typing import Any

from cutroom.records.report import Report
from cutroom.report.writing import write_whole

PUBLISHED = Path(__file__).parents[2] / "docs" / "report.schema.json"
"""Where the schema lies in a checkout; a test compares it with the records."""
DECIMALS = 6
"""Of every number: a microsecond is a twentieth of one sample of sound."""

_OPTIONAL = {"Scene": ("gradual", "change")}
"""What report.json leaves out where it says nothing: most scenes begin with a hard cut."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of report.json as `write_json` writes it."""
    found = Report.model_json_schema(mode="serialization")
    for name, record in [("Report", found), *found["$defs"].items()]:
        if record.get("type") == "object":
            left_out = _OPTIONAL.get(name, ())
            record["required"] = [key for key in record["properties"] if key not in left_out]
    change = found["$defs"]["Scene"]["properties"]["change"]
    change["anyOf"] = [kind for kind in change["anyOf"] if kind != {"type": "null"}]
    del change["default"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def write_json(report: Report, path: Path) -> None:
    """Write report.json, whole or not at all.

    Raises:
        DiskFull: There is no room left.
        OutputNotWritable: The folder may not be written.
        ValueError: A number is infinite or none at all.
    """
    write_whole(path, _as_text(as_document(report)).encode())


def read_json(path: Path) -> Report:
    """Read a report.json back.

    Raises:
        ValueError: It is not a report (pydantic's ValidationError says where).
    """
    return Report.model_validate_json(path.read_bytes())


def as_document(report: Report) -> dict[str, Any]:
    """Return what report.json holds, as plain JSON values."""
    document: dict[str, Any] = _rounded(report.model_dump(mode="json"))
    for scene in document["scenes"]:
        if not scene["gradual"]:
            del scene["gradual"], scene["change"]
        elif scene["change"] is None:
            del scene["change"]
    return document


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value


def _as_text(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


if __name__ == "__main__":
    write_whole(PUBLISHED, _as_text(schema()).encode())
