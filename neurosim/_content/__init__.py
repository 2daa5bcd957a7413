"""Place where a wheel keeps the models, hardware targets and experiments; empty in a source checkout."""
