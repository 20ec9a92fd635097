"""The base models as transformers and PEFT compute, train and load them, for `round_trip.py`."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, PreTrainedModel

from layout import Example, Layout, Row

Rewards = list[list[float | None]]


class Base:
    """A base model, in f32."""

    def __init__(self, folder: Path, test_set: Path) -> None:
        self.folder = folder
        self.layout = Layout(folder)
        self.questions = [json.loads(line) for line in test_set.read_text(encoding="utf-8").splitlines()]

    def load(self) -> PreTrainedModel:
        torch.manual_seed(0)
        return load_whole(self.folder)

    def adapted(self, adapter: Path, trainable: bool = False) -> PeftModel:
        return PeftModel.from_pretrained(self.load(), adapter, is_trainable=trainable)

    @torch.no_grad()
    def rewards(self, model: torch.nn.Module) -> Rewards:
        """What the model gives each step of the test set's CoTs, one text at a time."""
        model.eval()
        context = model.config.max_position_embeddings
        rewards: Rewards = []
        for question in self.questions:
            for cot in question["cots"]:
                text = self.layout.reading(question["question"], cot, context)
                logits = model(input_ids=torch.tensor([text.tokens])).logits[0, text.marks]
                right = logits[:, self.layout.candidates].softmax(-1)[:, 1]
                rewards.append([None] * text.lost + right.tolist())
        return rewards

    def exact_rewards(self, model: torch.nn.Module) -> Rewards:
        """The same in f64, the angles of the positions too, whose frequencies transformers rounds to f32."""
        exact = copy.deepcopy(model).double()
        rotary = next(module for module in exact.modules() if hasattr(module, "inv_freq"))
        frequencies = torch.tensor(self.frequencies(2 * len(rotary.inv_freq)), dtype=torch.float64)

        def angles(states: torch.Tensor, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            half = position_ids[..., None].double() * frequencies
            whole = torch.cat((half, half), dim=-1)
            return whole.cos(), whole.sin()

        rotary.forward = angles
        return self.rewards(exact)

    def frequencies(self, head_size: int) -> list[float]:
        config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        settings = (config.get("rope_parameters") or {}) | (config.get("rope_scaling") or {})
        theta = settings.get("rope_theta") or config["rope_theta"]
        plain = [theta ** (-2 * pair / head_size) for pair in range(head_size // 2)]
        kind = settings.get("rope_type", "default")
        if kind not in ("default", "llama3"):
            raise SystemExit(f"{self.folder}: positions of the kind {kind} are not known here")
        return [llama3(frequency, settings) for frequency in plain] if kind == "llama3" else plain

    def train(self, model: PeftModel, rows: list[Row], batch: int, learning_rate: float) -> None:
        """One pass over the rows in their order, as dORM is trained, without dropout."""
        examples = [self.layout.example(row) for row in rows]
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.01)
        model.train()
        for start in range(0, len(examples), batch):
            together = examples[start : start + batch]
            for example in together:
                (self.loss(model, example) / len(together)).backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            optimiser.zero_grad()

    def loss(self, model: PeftModel, example: Example) -> torch.Tensor:
        logits = model(input_ids=torch.tensor([example.tokens])).logits[0, example.position]
        return cross_entropy(logits[self.layout.candidates], torch.tensor(example.label))


def load_whole(folder: Path) -> PreTrainedModel:
    """A model in which no tensor is missing or left over."""
    model, told = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    wrong = [key for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") for key in told[kind]]
    if wrong:
        raise SystemExit(f"{folder}: missing or left over: {wrong}")
    return model


def llama3(frequency: float, settings: dict[str, Any]) -> float:
    """A frequency after Llama 3's scaling: long waves are stretched, short ones kept, with a ramp between."""
    waves = settings["original_max_position_embeddings"] * frequency / (2 * math.pi)
    low, high = settings["low_freq_factor"], settings["high_freq_factor"]
    kept = min(1.0, max(0.0, (waves - low) / (high - low)))
    return (1 - kept) * frequency / settings["factor"] + kept * frequency
