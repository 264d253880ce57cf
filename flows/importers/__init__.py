"""Questionnaires of other systems become flows: what has no equivalent is refused, with its row and the reason."""
