"""What was measured, as a table, for `round_trip.py`."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """A bound on what is measured. Without a bound, a figure is only told."""

    sign: str = ""
    value: float = math.nan

    def holds(self, found: float) -> bool:
        if self.sign == "≤":
            return found <= self.value
        return found >= self.value if self.sign == "≥" else True

    def nearer(self, one: float, other: float) -> float:
        # A figure that is no number is the nearest of all.
        values = [value for value in (one, other) if math.isnan(value)] or [one, other]
        return min(values) if self.sign == "≥" else max(values)


def at_most(value: float) -> Limit:
    return Limit("≤", value)


def at_least(value: float) -> Limit:
    return Limit("≥", value)


TOLD = Limit()


@dataclass
class Report:
    """The largest difference of each check on each base, and the smallest effect."""

    bases: list[str]
    found: dict[str, dict[str, float]] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: bool = False

    def add(self, check: str, base: str, limit: Limit, value: float) -> None:
        """A check that is added again keeps the figure that is nearest to its limit."""
        print(f"{base}: {check}: {value:.1e}", file=sys.stderr, flush=True)
        self.limits[check] = limit
        found = self.found.setdefault(check, {})
        found[base] = limit.nearer(found.get(base, value), value)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def refuse(self, base: str, message: str) -> None:
        """A command failed, so what would have come after it is not in the table."""
        self.refused = True
        self.note(f"**Failed** on {base}: {message}")

    def holds(self, check: str) -> bool:
        return all(self.limits[check].holds(value) for value in self.found[check].values())

    def all_hold(self) -> bool:
        return not self.refused and all(self.holds(check) for check in self.found)

    def markdown(self) -> str:
        lines = [["check", *self.bases, "limit", "verdict"], ["---"] * (len(self.bases) + 3)]
        # Differences first, controls and what is only told last.
        for check in sorted(self.found, key=lambda check: self.limits[check].sign != "≤"):
            found, limit = self.found[check], self.limits[check]
            verdict = "holds" if self.holds(check) else "**fails**"
            bound = [f"{limit.sign} {number(limit.value)}", verdict] if limit.sign else ["", ""]
            values = [number(found[base]) if base in found else "?" for base in self.bases]
            lines.append([check, *values, *bound])
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n".join([table, "", *(f"- {note}" for note in self.notes), ""])


def number(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"
