"""A random BERT of two layers over two dozen words, made on the fly for the tests of the encoder family."""

from __future__ import annotations

from pathlib import Path

WORDS = (
    "he she refused backed the aid to kyiv nato pledged more drones hit an oil depot near border wheat "
    "prices fell minister spoke vote in congress summit markets senate no yes will . ,"
)
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]


def tokenizer_json() -> str:
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    tokenizer = Tokenizer(WordPiece({t: i for i, t in enumerate(TOKENS)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.enable_padding(length=64)  # as the real file does: the segmenter must not heed it
    return str(tokenizer.to_str())


def write_encoder(folder: Path) -> Path:
    """config.json, model.safetensors and tokenizer.json of a random encoder."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(TOKENS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    return folder
