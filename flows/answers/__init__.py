"""Reading answers: what a person wrote or pressed becomes a value, a value to be confirmed, or a reason why not."""

from collections.abc import Callable, Mapping

from flows.answers.choices import read_choice, read_choices
from flows.answers.dates import read_date
from flows.answers.emails import read_email
from flows.answers.files import read_files
from flows.answers.locations import read_location
from flows.answers.numbers import read_number
from flows.answers.phones import read_phone
from flows.answers.ratings import read_rating
from flows.answers.reading import Context, NotUnderstood, Option, Raw, Reading, Understood, Unsure
from flows.answers.texts import read_text
from flows.answers.yes_no import read_yes_no

__all__ = ["READERS", "Context", "NotUnderstood", "Option", "Raw", "Reading", "Understood", "Unsure", "read"]

READERS: Mapping[str, Callable[[Raw, Context], Reading]] = {
    "consent": read_yes_no,
    "yesno": read_yes_no,
    "choice": read_choice,
    "choices": read_choices,
    "text": read_text,
    "number": read_number,
    "rating": read_rating,
    "date": read_date,
    "phone": read_phone,
    "email": read_email,
    "file": read_files,
    "location": read_location,
}
"""The reader of each question type of the grammar."""


def read(kind: str, raw: Raw, context: Context) -> Reading:
    """What `raw` means as an answer to a question of type `kind`. Never raises for anything a person can send."""
    return READERS[kind](raw, context)
