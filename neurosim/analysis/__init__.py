"""What to make of a recording: other tools' formats, plots."""
