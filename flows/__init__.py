"""The stories, one per file, each read top to bottom.

Whoever runs a flow imports this first, so that no secret is logged before a job is open: a wrong
order is complained about earlier than that.
"""

from tasks.redaction import install_redaction

install_redaction()
