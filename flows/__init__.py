"""The flow engine: questionnaires in YAML, pure, without input or output."""
