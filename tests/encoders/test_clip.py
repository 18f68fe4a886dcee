"""CLIP's words beside open_clip's own: the same numbers for a text, and the same rows from the same small weights."""

# ruff: noqa: E402 - there is nothing to import where the libraries are not

import gzip
import io
from pathlib import Path

import numpy as np
import pytest

open_clip = pytest.importorskip("open_clip")
pytest.importorskip("onnxscript")

import tokenizers
import torch
from small_models import small_card, small_onnx
from small_pairs import _part
from tokenizers import Regex, models, normalizers, pre_tokenizers, processors

from pictrace.encoders import load
from pictrace.encoders._tokens import Tokenizer
from pictrace.settings import Runtime
from pictrace.weights import TextTower

pytestmark = pytest.mark.filterwarnings("ignore")
START, END, CONTEXT = 49406, 49407, 77
PIECES = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
TEXTS = [
    "a photo of a cat",
    "Red BICYCLE, 2 wheels!",
    "it's the dog's ball",
    "naïve café — 日本の赤い自転車 🚲",
    "word " * 100,
    "x",
]


def clips_tokenizer() -> bytes:
    """A tokenizer.json of CLIP's merges, which open_clip brings."""
    path = Path(open_clip.__file__).with_name("bpe_simple_vocab_16e6.txt.gz")
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")[1 : 49152 - 256 - 2 + 1]
    merges = [tuple(line.split()) for line in lines]
    letters = list(open_clip.tokenizer.bytes_to_unicode().values())
    names = [*letters, *(f"{one}</w>" for one in letters), *map("".join, merges), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: number for number, name in enumerate(names)}
    model = models.BPE(
        vocabulary, merges, unk_token=names[END], end_of_word_suffix="</w>", continuing_subword_prefix=""
    )
    made = tokenizers.Tokenizer(model)
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " ")])
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PIECES), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    ])  # fmt: skip
    made.post_processor = processors.TemplateProcessing(
        single=f"{names[START]} $A {names[END]}", special_tokens=[(names[START], START), (names[END], END)]
    )
    return made.to_str().encode()


@pytest.fixture(scope="module")
def clip():
    """A CLIP of two layers with seeded weights."""
    torch.manual_seed(7)
    vision = open_clip.CLIPVisionCfg(layers=2, width=64, head_width=32, patch_size=16, image_size=64)
    text = open_clip.CLIPTextCfg(context_length=CONTEXT, vocab_size=END + 1, width=64, heads=2, layers=2)
    return open_clip.CLIP(24, vision, text).eval()


@pytest.fixture
def tower(tmp_path):
    """The tower of a text file, or of none, beside CLIP's tokenizer."""

    def make(text: bytes = b"\x08") -> TextTower:
        tokens = clips_tokenizer()
        (tmp_path / "clip.tokenizer").write_bytes(tokens)
        (tmp_path / "text.onnx").write_bytes(text)
        return TextTower(_part("text.onnx", text), _part("clip.tokenizer", tokens), CONTEXT, 0, lowercase=True)

    return make


def test_texts_have_the_numbers_of_open_clip(tmp_path, tower) -> None:
    """With what begins and ends them, cut alike, in small letters; filled up with zeros as there."""
    ids, _ = Tokenizer(tower(), Runtime(models=str(tmp_path))).numbers(TEXTS)

    assert ids.tolist() == open_clip.SimpleTokenizer()(TEXTS).tolist()


def test_words_have_the_rows_of_open_clip(tmp_path, tower, clip) -> None:
    """The whole way, from letters to a row."""

    class Words(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.clip = clip

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            return self.clip.encode_text(input_ids)

    file = io.BytesIO()
    given = open_clip.SimpleTokenizer()(TEXTS)
    names = {"input_names": ["input_ids"], "output_names": ["rows"], "dynamic_axes": {"input_ids": {0: "n"}}}
    torch.onnx.export(Words().eval(), (given,), file, dynamo=False, opset_version=17, **names)
    small_card(tmp_path, small_onnx(), text=tower(file.getvalue()))
    found = load("onnx:small", Runtime(models=str(tmp_path), provider="cpu")).encode_text(TEXTS)
    with torch.no_grad():
        expected = clip.encode_text(given, normalize=True).numpy()

    assert np.abs(found - expected).max() < 1e-5
