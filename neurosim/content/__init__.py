"""Files that users read and write: models, hardware targets and experiments, which are found by name."""
