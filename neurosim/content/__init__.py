"""Files that users read and write: models, hardware targets and experiments, found by name and run with clear errors."""
