"""Simulating: a contact who plays a flow, transcripts beside a flow, and a whole run without a dialog. All pure."""

from flows.simulate.answers import Played, run_answers
from flows.simulate.player import Player, described
from flows.simulate.transcripts import Result, run_transcripts

__all__ = ["Played", "Player", "Result", "described", "run_answers", "run_transcripts"]
