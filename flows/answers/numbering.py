"""Numbering plans: what the phone library knows of the numbers behind a country's code, compiled once.

The library looks up and compiles every rule anew for each number. These are the rules of its `is_valid_number` and
`format_number`; whoever reads a number that leaves a question open goes to the library itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # its import takes longer than the rest of the engine's: only who is told a number needs it
    from phonenumbers import NumberFormat, PhoneMetadata, PhoneNumberDesc

LONGEST_CODE = 3
KINDS = (
    "mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail",
)  # fmt: skip
"""The library's kinds of numbers, the most frequent first; it wants one of them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How long the numbers of a kind are (nothing: any length), and what they look like."""

    lengths: frozenset[int]
    pattern: re.Pattern[str]

    def has(self, figures: str) -> bool:
        """Whether a national number is of this kind."""
        return (not self.lengths or len(figures) in self.lengths) and self.pattern.fullmatch(figures) is not None


@dataclass(frozen=True, slots=True)
class Region:
    """A region that has the country's code, alone or with others; `leading` figures tell it from those."""

    leading: re.Pattern[str] | None
    any_kind: Kind | None
    kinds: Sequence[Kind]

    def has(self, figures: str) -> bool:
        """Whether the region has such a number."""
        return (
            self.any_kind is not None and self.any_kind.has(figures) and any(kind.has(figures) for kind in self.kinds)
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """How numbers that begin with `leading` and match `pattern` are written: `{0} {1}-{2}`."""

    leading: re.Pattern[str] | None
    pattern: re.Pattern[str]
    template: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers behind a country's code. `trunk` is what is dialled before them within the country."""

    code: int
    trunk: re.Pattern[str] | None
    regions: Sequence[Region]
    layouts: Sequence[Layout]

    def has(self, figures: str) -> bool:
        """Whether there can be such a national number (`is_valid_number`)."""
        for region in self.regions:
            if len(self.regions) > 1 and region.leading is not None:
                if region.leading.match(figures):
                    return region.has(figures)
            elif region.has(figures):
                return True
        return False

    def shown(self, figures: str) -> str:
        """A national number as it is written for people abroad (`format_number`)."""
        for layout in self.layouts:
            if layout.leading is None or layout.leading.match(figures):
                match = layout.pattern.fullmatch(figures)
                if match:
                    return f"+{self.code} {layout.template.format(*match.groups())}"
        return f"+{self.code} {figures}"


def plan_before(digits: str) -> Plan | None:
    """The plan of the country's code that `digits`, a whole number, begins with."""
    for size in range(1, LONGEST_CODE + 1):
        if plan := plan_of(int(digits[:size])):
            return plan
    return None


@lru_cache(maxsize=1024)
def plan_of(code: int) -> Plan | None:
    """The plan behind a country's code; None where nobody has the code."""
    import phonenumbers

    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    known = [phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]
    described = [metadata for metadata in known if metadata is not None]
    if not described or described[0] is not known[0]:
        return None
    first = described[0]
    layouts = first.intl_number_format or first.number_format
    trunk = _compiled(first.national_prefix_for_parsing)
    return Plan(code, trunk, tuple(map(_region, described)), tuple(map(_layout, layouts)))


def _region(metadata: "PhoneMetadata") -> Region:
    kinds = [kind for name in KINDS if (kind := _kind(getattr(metadata, name)))]
    return Region(_compiled(metadata.leading_digits), _kind(metadata.general_desc), tuple(kinds))


def _kind(described: "PhoneNumberDesc | None") -> Kind | None:
    if described is None or not described.national_number_pattern:
        return None
    return Kind(frozenset(described.possible_length), re.compile(described.national_number_pattern))


def _layout(written: "NumberFormat") -> Layout:
    template = re.sub(r"\\(\d)", lambda group: f"{{{int(group[1]) - 1}}}", written.format or "")
    leading = written.leading_digits_pattern[-1] if written.leading_digits_pattern else None  # the last says most
    return Layout(_compiled(leading), re.compile(written.pattern or ""), template)


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return re.compile(pattern) if pattern else None
