"""What a person is shown of a job: report.json, the page, the timeline."""
