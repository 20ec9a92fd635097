"""Shows that adapters go from Touchstone to PEFT and back: same names, same rewards, same merged weights.

    pip install -r requirements.txt
    python round_trip.py --touchstone ../../target/release/touchstone --record recorded.md

On five small models of this repository. Every check has a largest difference and a limit; the exit code is 1 where one is exceeded.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, PreTrainedModel

from layout import REPOSITORY, Example, Layout, Row, training_rows, write_rows

GOLDEN = REPOSITORY / "plugins/candle/tests/golden/models"
BASES = {
    "embedded:tiny": REPOSITORY / "plugins/candle/tiny",
    "llama": GOLDEN / "llama",
    "llama, tied": GOLDEN / "llama-tied-short",
    "qwen2": GOLDEN / "qwen2",
    "qwen3": GOLDEN / "qwen3",
}
TEST_SET = REPOSITORY / "plugins/discriminative/tests/fixtures/cots/law.jsonl"

RANK, ALPHA, BATCH = 8, 16, 8
ROWS = 3 * BATCH
REWARD_LIMIT = 1e-5
TRAINED_LIMIT = 1e-4
WEIGHT_LIMIT = 1e-6
LEAST_EFFECT = 1e-3

# How PEFT makes the adapters that Touchstone reads.
VARIANTS: dict[str, dict[str, Any]] = {
    "all linear layers": {},
    "rsLoRA": {"use_rslora": True},
    "a list of layers": {"target_modules": ["q_proj", "v_proj", "down_proj"]},
    "ranks and factors by layer": {"rank_pattern": {"q_proj": 4}, "alpha_pattern": {"down_proj": 3}},
}

Rewards = list[list[float | None]]


class CommandFailed(Exception):
    """Touchstone refused a command."""


@dataclass
class Report:
    """The largest difference of each check on each base."""

    found: dict[str, dict[str, float]] = field(default_factory=dict)
    limits: dict[str, tuple[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def at_most(self, check: str, base: str, limit: float, difference: Callable[[], float]) -> None:
        self._add(check, base, ("≤", limit), difference)

    def at_least(self, check: str, base: str, limit: float, difference: Callable[[], float]) -> None:
        self._add(check, base, ("≥", limit), difference)

    def _add(self, check: str, base: str, limit: tuple[str, float], difference: Callable[[], float]) -> None:
        try:
            value = difference()
        except CommandFailed as error:
            value = math.nan
            self.note(f"{check}, {base}: {error}")
        print(f"{base}: {check}: {value:.1e}", file=sys.stderr, flush=True)
        self.limits[check] = limit
        self.found.setdefault(check, {})[base] = value

    def holds(self, check: str) -> bool:
        sign, limit = self.limits[check]
        return all(value <= limit if sign == "≤" else value >= limit for value in self.found[check].values())

    def all_hold(self) -> bool:
        return all(self.holds(check) for check in self.found)

    def markdown(self, bases: Iterable[str]) -> str:
        number = lambda value: "failed" if math.isnan(value) else "0" if value == 0 else f"{value:.1e}"
        bases = list(bases)
        lines = [["check", *bases, "limit", "verdict"], ["---"] * (len(bases) + 3)]
        for check, found in self.found.items():
            sign, limit = self.limits[check]
            verdict = "holds" if self.holds(check) else "**fails**"
            lines.append([check, *(number(found[base]) for base in bases), f"{sign} {number(limit)}", verdict])
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n".join([table, "", *(f"- {note}" for note in self.notes), ""])


@dataclass(frozen=True)
class Touchstone:
    """The program."""

    program: Path

    def run(self, *arguments: object) -> None:
        command = [str(self.program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise CommandFailed(f"`touchstone {' '.join(command[1:])}`: {done.stderr.strip()}")

    def train(self, model: Path, data: Path, out: Path, *more: object, **settings: object) -> Path:
        settings = {"lora_config.r": RANK, "lora_config.lora_alpha": ALPHA, "training_args.effective_batch_size": BATCH} | settings
        sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        self.run("train", "--reward-model", "dORM", "--model", model, "--data", data, "--out", out, *sets, *more)
        return out

    def merge(self, model: Path, adapter: Path, out: Path, *more: object) -> Path:
        self.run("merge-lora", "--model", model, "--adapter", adapter, "--out", out, *more)
        return out

    def score(self, model: Path, out: Path, adapter: Path | None = None) -> Rewards:
        more = ["--adapter", adapter] if adapter else []
        self.run("score", "--verifier", "dorm", "--model", model, "--data", TEST_SET, "--out", out, *more)
        questions = json.loads((out / "law_reward.json").read_text(encoding="utf-8"))
        return [cot for question in questions for cot in question["rewards"]]


class Base:
    """A base model, as transformers computes it in f32."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = Layout(folder)

    def load(self, folder: Path | None = None) -> PreTrainedModel:
        torch.manual_seed(0)
        return load_whole(folder or self.folder)

    def adapted(self, adapter: Path, trainable: bool = False) -> PeftModel:
        return PeftModel.from_pretrained(self.load(), adapter, is_trainable=trainable)

    @torch.no_grad()
    def rewards(self, model: torch.nn.Module) -> Rewards:
        """What the model gives each step of the test set's CoTs, one text at a time."""
        model.eval()
        context = model.config.max_position_embeddings
        rewards: Rewards = []
        for line in TEST_SET.read_text(encoding="utf-8").splitlines():
            question = json.loads(line)
            for cot in question["cots"]:
                text = self.layout.reading(question["question"], cot, context)
                logits = model(input_ids=torch.tensor([text.tokens])).logits[0, text.marks]
                right = logits[:, self.layout.candidates].softmax(-1)[:, 1]
                rewards.append([None] * text.lost + right.tolist())
        return rewards

    def train(self, model: PeftModel, rows: list[Row], learning_rate: float) -> None:
        """One pass over the rows in their order, as dORM is trained, without dropout."""
        examples = [self.layout.example(row) for row in rows]
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.01)
        model.train()
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            for example in batch:
                (self.loss(model, example) / len(batch)).backward()
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


def apart(some: Rewards, others: Rewards) -> float:
    """The largest difference of two sets of rewards; what is missing in one alone is infinitely far."""
    if [len(cot) for cot in some] != [len(cot) for cot in others]:
        return math.inf
    pairs = [pair for cots in zip(some, others) for pair in zip(*cots)]
    far = lambda one, other: (0.0 if one is other else math.inf) if None in (one, other) else abs(one - other)
    return max(far(*pair) for pair in pairs)


def tensors_apart(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> float:
    """The largest absolute difference of tensors of the same names."""
    if some.keys() != others.keys():
        return math.inf
    return max((some[name].float() - others[name].float()).abs().max().item() for name in some)


def adapter_tensors(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def keys_astray(model: PeftModel, folder: Path) -> int:
    """How many tensors PEFT misses in an adapter's file, or does not know."""
    told = set_peft_model_state_dict(model, adapter_tensors(folder))
    missing = [key for key in told.missing_keys if "lora_" in key]
    return len(missing) + len(told.unexpected_keys)


def layout_of(folder: Path) -> dict[str, Any]:
    """Name, shape and type of every tensor of an adapter, and the file's metadata."""
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}
        tensors = {name: (part.get_shape(), part.get_dtype()) for name, part in slices.items()}
        return tensors | {"metadata": file.metadata()}


def differing(some: dict[str, Any], others: dict[str, Any]) -> list[str]:
    return sorted(key for key in some.keys() | others.keys() if some.get(key, "absent") != others.get(key, "absent"))


def lora_config(**more: Any) -> LoraConfig:
    settings = {"r": RANK, "lora_alpha": ALPHA, "target_modules": "all-linear", "lora_dropout": 0.0, "task_type": "CAUSAL_LM"}
    return LoraConfig(**settings | more)


def from_touchstone(name: str, base: Base, touchstone: Touchstone, data: Path, work: Path, report: Report) -> Path:
    """Touchstone trains, PEFT reads: keys, numbers, rewards, and the files themselves."""
    ours = touchstone.train(base.folder, data, work / "ours", **{"training_args.learning_rate": 5e-3, "training_args.num_train_epochs": 2})
    model = base.adapted(ours)
    check = "Touchstone's adapter in PEFT: "
    report.at_most(check + "keys missing or unknown", name, 0, lambda: keys_astray(model, ours))
    report.at_most(check + "its tensors", name, 0, lambda: tensors_apart(get_peft_model_state_dict(model), adapter_tensors(ours)))
    theirs = base.rewards(model)
    report.at_most(check + "rewards", name, REWARD_LIMIT, lambda: apart(touchstone.score(base.folder, work / "a", ours), theirs))
    report.at_least(check + "how far it moves a reward", name, LEAST_EFFECT, lambda: apart(base.rewards(base.load()), theirs))

    written = work / "peft_config"
    get_peft_model(base.load(), lora_config(lora_dropout=0.1)).save_pretrained(written)
    check = "Touchstone's files beside PEFT's: "
    report.at_most(
        check + "tensors of other name, shape or type", name, 0, lambda: len(differing(layout_of(ours), layout_of(written)))
    )
    configs = [LoraConfig.from_pretrained(folder).to_dict() for folder in (ours, written)]
    for config in configs:
        # Names in full and their last parts mean the same layers here.
        config["target_modules"] = sorted({module.rsplit(".")[-1] for module in config["target_modules"]})
    # Touchstone's names no version of PEFT, having none.
    report.at_most(check + "fields of another meaning", name, 0, lambda: len(set(differing(*configs)) - {"peft_version"}))
    note_fields(ours, written, report)
    return ours


def note_fields(ours: Path, theirs: Path, report: Report) -> None:
    """Says which fields of the two `adapter_config.json` differ as they stand."""
    mine, other = (json.loads((folder / "adapter_config.json").read_text(encoding="utf-8")) for folder in (ours, theirs))
    absent = [f"`{key}`: {json.dumps(other[key])}" for key in sorted(other.keys() - mine.keys())]
    more = [f"`{key}`" for key in sorted(mine.keys() - other.keys())]
    report.note(f"Fields that PEFT's config has and Touchstone's leaves out: {', '.join(absent) or 'none'}.")
    report.note(f"Fields that only Touchstone's config has: {', '.join(more) or 'none'}.")
    for key in sorted(mine.keys() & other.keys() - {"target_modules"}):
        if json.dumps(mine[key]) != json.dumps(other[key]):
            report.note(f"`{key}` is {json.dumps(mine[key])} in Touchstone's config, {json.dumps(other[key])} in PEFT's.")


def from_peft(name: str, base: Base, touchstone: Touchstone, rows: list[Row], work: Path, report: Report) -> dict[str, Path]:
    """PEFT trains, Touchstone reads."""
    made = {}
    untouched = base.rewards(base.load())
    for index, (variant, settings) in enumerate(VARIANTS.items()):
        model = get_peft_model(base.load(), lora_config(**settings))
        base.train(model, rows, 5e-3)
        made[variant] = folder = work / f"peft_{index}"
        model.save_pretrained(folder)
        theirs = base.rewards(model)
        out = work / f"b{index}"
        check = f"PEFT's adapter in Touchstone, {variant}: "
        report.at_most(check + "rewards", name, REWARD_LIMIT, lambda: apart(touchstone.score(base.folder, out, folder), theirs))
        report.at_least(check + "how far it moves a reward", name, LEAST_EFFECT, lambda: apart(untouched, theirs))
    return made


def merged(name: str, base: Base, touchstone: Touchstone, adapters: dict[str, Path], work: Path, report: Report) -> None:
    """Both merge: the weights, and the rewards that the merged models give."""
    for index, (kind, adapter) in enumerate(adapters.items()):
        plain = base.adapted(adapter).merge_and_unload()
        whole = work / f"peft_merged_{index}"
        plain.save_pretrained(whole)
        for file in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(base.folder / file, whole)

        def weights() -> float:
            ours = touchstone.merge(base.folder, adapter, work / f"merged_{index}", "--dtype", "f32")
            return tensors_apart(load_whole(ours).state_dict(), plain.state_dict())

        def rewards() -> float:
            beside = touchstone.score(base.folder, work / f"c{index}", adapter)
            return apart(touchstone.score(whole, work / f"d{index}"), beside)

        def rounded() -> float:
            ours = touchstone.merge(base.folder, adapter, work / f"stored_{index}")
            dtype = next(iter(whole_tensors(ours).values())).dtype
            wide = whole_tensors(work / f"merged_{index}")
            return tensors_apart(whole_tensors(ours), {key: tensor.to(dtype) for key, tensor in wide.items()})

        report.at_most(f"merged, {kind}: weights in f32", name, WEIGHT_LIMIT, weights)
        report.at_most(f"merged, {kind}: in the base's type, beside f32 rounded once", name, 0, rounded)
        report.at_most(f"merged by PEFT, {kind}: rewards beside the adapter's", name, REWARD_LIMIT, rewards)


def whole_tensors(folder: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for file in folder.glob("model*.safetensors") for name, tensor in load_file(file).items()}


def continued(
    name: str, base: Base, touchstone: Touchstone, ours: Path, theirs: dict[str, Path], rows: list[Row], work: Path, report: Report
) -> None:
    """Each goes on with what the other trained."""
    data = work / "data/rows.jsonl"
    settings = {"training_args.lr_scheduler_type": "constant", "training_args.warmup_ratio": 0, "training_args.shuffle": "false"}
    settings["lora_config.lora_dropout"] = 0
    for index, (variant, rank_stabilised) in enumerate([("all linear layers", "false"), ("rsLoRA", "true")]):
        begin = theirs[variant]

        def go_on(out: str, rate: float) -> Path:
            more = settings | {"lora_config.use_rslora": rank_stabilised, "training_args.learning_rate": rate}
            return touchstone.train(base.folder, data, work / out, "--begin", begin, **more)

        def unmoved() -> float:
            return tensors_apart(adapter_tensors(go_on(f"still_{index}", 0)), adapter_tensors(begin))

        def steps() -> float:
            model = base.adapted(begin, trainable=True)
            base.train(model, rows, 1e-3)
            again = base.adapted(go_on(f"on_{index}", 1e-3))
            return apart(base.rewards(again), base.rewards(model))

        check = f"Touchstone goes on with PEFT's, {variant}: "
        report.at_most(check + "tensors after steps of rate 0", name, 0, unmoved)
        report.at_most(check + "rewards after 3 steps of both", name, TRAINED_LIMIT, steps)

    model = base.adapted(ours, trainable=True)
    before = base.rewards(model)
    base.train(model, rows[:BATCH], 1e-3)
    on = work / "peft_on"
    model.save_pretrained(on)
    after = base.rewards(base.adapted(on))
    check = "PEFT goes on with Touchstone's: "
    report.at_most(check + "rewards in both", name, REWARD_LIMIT, lambda: apart(touchstone.score(base.folder, work / "e", on), after))
    report.at_least(check + "how far the step moves a reward", name, 1e-5, lambda: apart(before, after))


def check_base(name: str, touchstone: Touchstone, work: Path, report: Report) -> None:
    base = Base(BASES[name])
    # The shortest, so that they fit into the context of every base.
    rows = sorted(training_rows("math"), key=lambda row: len(base.layout.example(row).tokens))[:ROWS]
    write_rows(rows, work / "data/rows.jsonl")
    ours = from_touchstone(name, base, touchstone, work / "data", work, report)
    theirs = from_peft(name, base, touchstone, rows, work, report)
    adapters = {"Touchstone's adapter": ours, "PEFT's with rsLoRA": theirs["rsLoRA"], "PEFT's by layer": theirs["ranks and factors by layer"]}
    merged(name, base, touchstone, adapters, work, report)
    continued(name, base, touchstone, ours, theirs, rows, work, report)


def versions(touchstone: Path) -> str:
    told = subprocess.run([touchstone, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = ("torch", "transformers", "peft", "safetensors", "tokenizers")
    return ", ".join([told, f"Python {platform.python_version()}", *(f"{package} {version(package)}" for package in packages)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touchstone", type=Path, required=True, help="the program to check")
    parser.add_argument("--work", type=Path, help="a folder for everything that is made (default: one that is deleted)")
    parser.add_argument("--record", type=Path, help="a file for the table")
    parser.add_argument("--base", choices=BASES, action="append", help="only this base; may be given more than once")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    report = Report()
    bases = options.base or list(BASES)
    with tempfile.TemporaryDirectory() as temporary:
        for name in bases:
            work = (options.work or Path(temporary)).resolve() / name.replace(":", "_").replace(", ", "_")
            shutil.rmtree(work, ignore_errors=True)
            check_base(name, Touchstone(options.touchstone.resolve()), work, report)
    text = report.markdown(bases) + f"- Versions: {versions(options.touchstone)}.\n"
    print(text)
    if options.record:
        options.record.write_text(text, encoding="utf-8")
    return 0 if report.all_hold() else 1


if __name__ == "__main__":
    sys.exit(main())
