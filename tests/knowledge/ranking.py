"""Judged collections: passages, questions, and which passage answers which question; and how a ranking is scored.

A collection is two files of JSON lines, the common BEIR form with the judgements beside the questions:
`<name>-corpus.jsonl` with `_id`, `text` (and `title`), `<name>-queries.jsonl` with `_id`, `text`, `relevant` ({passage:
grade}). The judgements may lie in a table instead, `<name>-qrels.tsv` with a heading and query, passage, grade.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "collection"
DEPTH = 10


@dataclass(frozen=True)
class Question:
    text: str
    relevant: Mapping[str, int]


@dataclass(frozen=True)
class Collection:
    """`passages` by id, in the order of the file."""

    passages: Mapping[str, str]
    questions: Sequence[Question]


def load(name: str, folder: Path = FOLDER) -> Collection:
    passages = {row["_id"]: _text(row) for row in _rows(folder / f"{name}-corpus.jsonl")}
    grades = _grades(folder / f"{name}-qrels.tsv")
    questions = [
        Question(row["text"], row.get("relevant") or grades.get(row["_id"], {}))
        for row in _rows(folder / f"{name}-queries.jsonl")
    ]
    return Collection(passages, [question for question in questions if question.relevant])


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Normalised discounted cumulative gain of the first ten; the gain of a passage is its grade (as trec_eval)."""
    gained = _discounted([relevant.get(id, 0) for id in ranked[:DEPTH]])
    return gained / _discounted(sorted(relevant.values(), reverse=True)[:DEPTH])


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def _text(row: Mapping[str, str]) -> str:
    return f"{row['title']}\n{row['text']}" if row.get("title") else row["text"]


def _rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def _grades(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    if path.exists():
        for line in path.read_text().splitlines()[1:]:
            query, passage, grade = line.split("\t")
            if int(grade) > 0:
                grades.setdefault(query, {})[passage] = int(grade)
    return grades
