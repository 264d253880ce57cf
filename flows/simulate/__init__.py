"""Simulating: a contact who plays a flow, transcripts beside a flow, and a whole run without a dialog. All pure."""

from flows.simulate.answers import Asked, Course, run_through
from flows.simulate.player import Player, described
from flows.simulate.transcripts import Result, run_transcripts

__all__ = ["Asked", "Course", "Player", "Result", "described", "run_through", "run_transcripts"]
