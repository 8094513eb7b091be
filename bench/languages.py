"""What stems of other languages are worth: manual pages are looked for by the line that says what they are for.

python bench/languages.py        wants translated pages in /usr/share/man; mean reciprocal rank, BM25 in this process
"""

import gzip
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.knowledge.lexical import tokens  # noqa: E402 - found by the line above
from apps.knowledge.lexical.bm25 import weights  # noqa: E402
from apps.knowledge.lexical.languages import ENGLISH, stem  # noqa: E402

MAN = Path("/usr/share/man")
LANGUAGES = {
    "da": "danish", "de": "german", "es": "spanish", "fr": "french", "id": "indonesian", "it": "italian",
    "nl": "dutch", "pl": "polish", "pt": "portuguese", "pt_BR": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish", "uk": "russian",
}  # fmt: skip
_MARKUP = re.compile(r'^[.\'](?:\\"|[A-Za-z]{1,3}\b)|\\f[A-Z]|\\(?:\(..|.)|"', re.M)
_SECTION = re.compile(r'^\.S[Hh] +"?(.*?)"? *$', re.M)
Page = tuple[str, str]


def pages(language: str) -> list[Page]:
    """Purpose and description of each page, the purpose's own section left out."""
    found = []
    for path in sorted((MAN / language).rglob("*.gz")):
        try:
            source = gzip.decompress(path.read_bytes()).decode()
        except (OSError, UnicodeDecodeError):
            continue
        parts = _SECTION.split(source)
        if len(parts) < 5:
            continue
        _, dash, purpose = _MARKUP.sub("", parts[2].replace("\\-", "-")).partition(" - ")
        body = " ".join(_MARKUP.sub(" ", part) for part in parts[4::2])
        if dash and purpose.strip():
            found.append((purpose.strip(), body[:4000]))
    return found


def stemmed(language: str) -> Callable[[str], list[str]]:
    """Cuts text with one language's stems, whatever its letters."""

    def cut(text: str) -> list[str]:
        words = (word for _, word in tokens._RUNS.findall(text.lower()) if word and word not in tokens._STOP_WORDS)
        return [stem(word, language) if word.isalpha() else word for word in words]

    return cut


def mean_reciprocal_rank(found: Sequence[Page], cut: Callable[[str], list[str]]) -> float:
    counted = [Counter(map(tokens.slot, cut(body))) for _, body in found]
    lengths = [sum(counts.values()) for counts in counted]
    average = sum(lengths) / len(lengths)
    weighed = [weights(c, length=n, average_length=average) for c, n in zip(counted, lengths, strict=True)]
    frequencies = Counter(term for counts in counted for term in counts)
    total = 0.0
    for number, (purpose, _) in enumerate(found):
        asked = Counter(map(tokens.slot, cut(purpose)))
        idf = {
            t: n * math.log(1 + (len(found) - frequencies[t] + 0.5) / (frequencies[t] + 0.5)) for t, n in asked.items()
        }
        scores = [sum(idf[term] * page.get(term, 0.0) for term in idf) for page in weighed]
        total += 1 / (1 + sum(score > scores[number] for score in scores)) if scores[number] else 0
    return total / len(found)


def main() -> None:
    print("| language | pages | as indexed | English stems alone | its own stems alone |\n|---|---|---|---|---|")
    for code, language in LANGUAGES.items():
        found = pages(code)
        cuts = (tokens.terms, stemmed(ENGLISH), stemmed(language))
        figures = " | ".join(f"{mean_reciprocal_rank(found, cut):.3f}" for cut in cuts)
        print(f"| {code} | {len(found)} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
