"""How dORM reads a CoT and what it learns of one, written anew from the book, without a line of Touchstone.

Used by `round_trip.py` and `training_speed.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet
from tokenizers import Tokenizer

SEPARATOR = " \n\n"
TAG = " \n\n\n\n"
REPOSITORY = Path(__file__).resolve().parents[2]
TRAINING_SETS = REPOSITORY / "experiments/base/data/train"

Row = dict[str, Any]


@dataclass(frozen=True)
class Text:
    """The tokens of a question and a CoT, and where each step's tag ends. `lost` steps before them were cut off."""

    tokens: list[int]
    marks: list[int]
    lost: int = 0


@dataclass(frozen=True)
class Example:
    """A training row: its tokens, and the one position with a label (0: wrong, 1: right)."""

    tokens: list[int]
    position: int
    label: int


class Layout:
    """Lays texts out for the model in a folder."""

    def __init__(self, model: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        # Texts are data: what looks like a control token in them is none.
        self.tokenizer.encode_special_tokens = True
        self.candidates = [self._tokens(text)[-1] for text in "-+"]
        self.pinned = len(self.tokenizer.encode("").ids)

    def reading(self, question: str, cot: list[str], context: int) -> Text:
        """A CoT as `score` reads it: trimmed, freed of tags, and of a text beyond the context the end."""
        text = self._text(cleaned(question), [cleaned(step) for step in cot])
        cut = max(0, len(text.tokens) - context)
        if cut == 0:
            return text
        tokens = text.tokens[: self.pinned] + text.tokens[self.pinned + cut :]
        marks = [mark - cut for mark in text.marks if mark >= self.pinned + cut]
        return Text(tokens, marks, len(text.marks) - len(marks))

    def example(self, row: Row) -> Example:
        """A row as dORM is trained on it: untrimmed, labelled at the last tag by its final answer."""
        text = self._text(row["question"], row["cot"])
        answers = row["parsed_answer"], row["answer"]
        right = answers[0] == answers[1] if None not in answers else -1 not in row["labels"]
        return Example(text.tokens, text.marks[-1], int(right))

    def _text(self, question: str, cot: list[str]) -> Text:
        tokens = self.tokenizer.encode(question + SEPARATOR).ids
        marks = []
        for step in cot:
            tokens += self._tokens(step + TAG)
            marks.append(len(tokens) - 1)
        return Text(tokens, marks)

    def _tokens(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids


def cleaned(text: str) -> str:
    return text.strip().replace(TAG, "")


def training_rows(category: str) -> list[Row]:
    """The labelled rows of one of the training sets in this repository."""
    rows = pyarrow.parquet.read_table(TRAINING_SETS / f"{category}.parquet").to_pylist()
    return [row for row in rows if row["labels"] and row["cot"]]


def write_rows(rows: list[Row], path: Path) -> None:
    """Writes rows as JSONL, one object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
