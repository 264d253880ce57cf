"""Places: a point from a map, coordinates that were typed, or an address in words."""

import re

from flows.answers.cleaning import plain
from flows.answers.reading import Context, Raw, Reading, Understood, refuse
from flows.answers.texts import storable
from flows.phrases import Phrase

TEXT_LIMIT = 500
_POINT = re.compile(r"\(?(-?\d{1,3}\.\d{1,10})°?[,; ] ?(-?\d{1,3}\.\d{1,10})°?\)?")


def read_location(raw: Raw, context: Context) -> Reading:
    """`latitude` and `longitude` in degrees, or `text`."""
    if isinstance(raw, tuple) and len(raw) == 2:
        latitude, longitude = raw
        if isinstance(latitude, (int, float)) and isinstance(longitude, (int, float)):
            return _point(float(latitude), float(longitude), context)
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    if len(raw) > TEXT_LIMIT:
        return refuse(Phrase.TOO_LONG, context, max=TEXT_LIMIT)
    text = " ".join(storable(raw).split())
    if not text:
        return refuse(Phrase.EMPTY, context)
    if match := _POINT.fullmatch(plain(text)):
        return _point(float(match[1]), float(match[2]), context)
    if not any(character.isalpha() for character in text):
        return refuse(Phrase.NOT_A_LOCATION, context)
    return Understood({"text": text}, text)


def _point(latitude: float, longitude: float, context: Context) -> Reading:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return refuse(Phrase.NOT_A_LOCATION, context)
    return Understood({"latitude": latitude, "longitude": longitude}, f"{latitude:.6f}, {longitude:.6f}")
