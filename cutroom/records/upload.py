"""A file that someone puts into the bucket for us to work on."""

from pydantic import Field

from cutroom.records.base import Record


class UploadForm(Record):
    """What a browser needs to send one file straight to the bucket: a form, to be posted.

    Everything in it but the file is fixed, and the store refuses a form that was changed.
    """

    key: str
    """Names the upload in an order, as the location of a source of kind `upload`."""
    url: str
    """Where to post to."""
    fields: dict[str, str]
    """To be sent before the file, which comes last under the name `file`."""
    max_bytes: int = Field(gt=0)
    expires_in: int = Field(gt=0)
    """Seconds for which the form may be posted."""


class Uploaded(Record):
    """An upload that has arrived."""

    size_bytes: int
    version: str
    """The store's mark for these bytes: a file put in its place has another."""
    file_name: str
    """What its owner called it; may be empty, and is data, never a path."""
