"""Shows that adapters go from Touchstone to PEFT and back: same names, same rewards, same merged weights.

    pip install -r requirements.txt
    python round_trip.py --touchstone ../../target/release/touchstone --record recorded.md

On five small models of this repository. Every check has a largest difference and a limit; the exit code is 1 where a
limit is exceeded or a command fails.
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
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Before transformers is imported: every model is a folder here.
os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file

from base import Base, Rewards, load_whole
from layout import REPOSITORY, training_rows, write_rows
from report import TOLD, Limit, Report, at_least, at_most

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
SAME = at_most(0)
# Rewards of Touchstone from those in f64; and rewards of two programs in f32, each with its own error, from each other.
EXACT, CLOSE = at_most(1e-5), at_most(2e-5)
SAME_WEIGHTS = at_most(1e-6)
# What an adapter does must be far more than the differences that are looked for.
EFFECT = at_least(1e-3)

# How PEFT makes the adapters that Touchstone reads.
VARIANTS: dict[str, dict[str, Any]] = {
    "all linear layers": {},
    "rsLoRA": {"use_rslora": True},
    "a list of layers": {"target_modules": ["q_proj", "v_proj", "down_proj"]},
    "ranks by layer": {"rank_pattern": {"q_proj": 4}, "alpha_pattern": {"down_proj": 3}},
}


class CommandError(Exception):
    """Touchstone refused a command."""


@dataclass(frozen=True)
class Touchstone:
    """The program, and the base that it is used on."""

    program: Path
    model: Path

    def run(self, verb: str, out: Path, *arguments: object) -> Path:
        command = [self.program, verb, "--model", self.model, "--out", out, *arguments]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise CommandError(f"`touchstone {verb}` into {out.name}: {done.stderr.strip()}")
        return out

    def train(self, data: Path, out: Path, settings: dict[str, object], *more: object) -> Path:
        usual = {"lora_config.r": RANK, "lora_config.lora_alpha": ALPHA, "training_args.effective_batch_size": BATCH}
        sets = [part for key, value in (usual | settings).items() for part in ("--set", f"{key}={value}")]
        return self.run("train", out, "--reward-model", "dORM", "--data", data, *sets, *more)

    def merge(self, adapter: Path, out: Path, *more: object) -> Path:
        return self.run("merge-lora", out, "--adapter", adapter, *more)

    def score(self, out: Path, *more: object) -> Rewards:
        self.run("score", out, "--verifier", "dorm", "--data", TEST_SET, *more)
        questions = json.loads((out / "law_reward.json").read_text(encoding="utf-8"))
        return [cot for question in questions for cot in question["rewards"]]


def apart(some: Rewards, others: Rewards) -> float:
    """The largest difference of two sets of rewards; what is missing in one alone is infinitely far."""

    def far(one: float | None, other: float | None) -> float:
        if one is None or other is None:
            return 0.0 if one is other else math.inf
        return abs(one - other)

    if [len(cot) for cot in some] != [len(cot) for cot in others]:
        return math.inf
    cots = zip(some, others, strict=True)
    return max(far(*pair) for cot in cots for pair in zip(*cot, strict=True))


Tensors = dict[str, torch.Tensor]


def tensors_apart(some: Tensors, others: Tensors) -> float:
    """The largest absolute difference of tensors of the same names."""
    if some.keys() != others.keys():
        return math.inf
    return max((some[name].float() - others[name].float()).abs().max().item() for name in some)


def adapter_tensors(folder: Path) -> Tensors:
    return load_file(folder / "adapter_model.safetensors")


def model_tensors(folder: Path) -> Tensors:
    return {name: tensor for file in folder.glob("model*.safetensors") for name, tensor in load_file(file).items()}


def adapter_config(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))


def keys_astray(model: PeftModel, folder: Path) -> int:
    """How many tensors PEFT misses in an adapter's file, or does not know."""
    told = set_peft_model_state_dict(model, adapter_tensors(folder))
    missing = [key for key in told.missing_keys if "lora_" in key]
    return len(missing) + len(told.unexpected_keys)


def form(folder: Path) -> dict[str, Any]:
    """Name, shape and type of every tensor of an adapter, and the file's metadata."""
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - the file is no dictionary
        tensors = {name: (part.get_shape(), part.get_dtype()) for name, part in slices.items()}
        return tensors | {"metadata": file.metadata()}


def meaning(folder: Path) -> dict[str, Any]:
    """An adapter's config as PEFT understands it."""
    config = LoraConfig.from_pretrained(str(folder)).to_dict()
    # Names in full and their last parts mean the same layers here.
    config["target_modules"] = sorted({module.rsplit(".")[-1] for module in config["target_modules"]})
    # Touchstone's names no version of PEFT, having none.
    del config["peft_version"]
    return config


def differing(some: dict[str, Any], others: dict[str, Any]) -> int:
    return sum(some.get(key, "absent") != others.get(key, "absent") for key in some.keys() | others.keys())


class RoundTrip:
    """All checks on one base."""

    def __init__(self, name: str, program: Path, work: Path, report: Report) -> None:
        self.name, self.work, self.report = name, work, report
        self.base = Base(BASES[name], TEST_SET)
        self.touchstone = Touchstone(program, self.base.folder)
        # The shortest, so that they fit into the context of every base.
        rows = sorted(training_rows("math"), key=lambda row: len(self.base.layout.example(row).tokens))
        self.rows = rows[:ROWS]
        self.data = work / "data"
        self.ours = work / "ours"
        self.theirs = {variant: work / f"theirs_{index}" for index, variant in enumerate(VARIANTS)}
        self.untouched = self.base.rewards(self.base.load())

    def run(self) -> None:
        write_rows(self.rows, self.data / "rows.jsonl")
        try:
            self.touchstone_trains()
            self.files_beside_those_of_peft()
            self.peft_trains()
            self.both_merge()
            self.touchstone_goes_on()
            self.peft_goes_on()
        except CommandError as error:
            self.report.refuse(self.name, str(error))

    def add(self, check: str, limit: Limit, value: float) -> None:
        self.report.add(check, self.name, limit, value)

    def compare(self, check: str, model: PeftModel, adapter: Path) -> None:
        """The rewards that the two programs give by one adapter."""
        ours = self.touchstone.score(self.work / f"rewards_{adapter.name}", "--adapter", adapter)
        theirs, exact = self.base.rewards(model), self.base.exact_rewards(model)
        self.add(f"{check}: rewards, both in f32", CLOSE, apart(ours, theirs))
        self.add(f"{check}: Touchstone's rewards from exact ones", EXACT, apart(ours, exact))
        self.add("PEFT's own rewards from exact ones, largest of all adapters", TOLD, apart(theirs, exact))
        self.add("effect of an adapter on a reward, smallest of all", EFFECT, apart(self.untouched, theirs))

    def touchstone_trains(self) -> None:
        settings: dict[str, object] = {"training_args.learning_rate": 5e-3, "training_args.num_train_epochs": 2}
        self.touchstone.train(self.data, self.ours, settings)
        model = self.base.adapted(self.ours)
        check = "Touchstone's adapter in PEFT"
        loaded = get_peft_model_state_dict(model)
        self.add(f"{check}: tensors as loaded", SAME, tensors_apart(loaded, adapter_tensors(self.ours)))
        self.add(f"{check}: keys missing or unknown", SAME, keys_astray(model, self.ours))
        self.compare(check, model, self.ours)

    def files_beside_those_of_peft(self) -> None:
        theirs = self.work / "untrained"
        self.new_adapter({"lora_dropout": 0.1}).save_pretrained(str(theirs))
        check = "Touchstone's files beside PEFT's"
        forms = form(self.ours), form(theirs)
        self.add(f"{check}: tensors of other name, shape or type", SAME, differing(*forms))
        self.add(f"{check}: fields of another meaning", SAME, differing(meaning(self.ours), meaning(theirs)))
        mine, other = adapter_config(self.ours), adapter_config(theirs)
        absent = [f"`{key}`: {json.dumps(other[key])}" for key in sorted(other.keys() - mine.keys())]
        self.report.note(f"Only PEFT's config has {', '.join(absent) or 'nothing'}.")
        more = [f"`{key}`" for key in sorted(mine.keys() - other.keys())]
        self.report.note(f"Only Touchstone's config has {', '.join(more) or 'nothing'}.")
        for key in sorted(mine.keys() & other.keys() - {"target_modules"}):
            one, two = json.dumps(mine[key]), json.dumps(other[key])
            if one != two:
                self.report.note(f"`{key}` is {one} in Touchstone's config, {two} in PEFT's.")

    def new_adapter(self, settings: dict[str, Any]) -> PeftModel:
        usual: dict[str, Any] = {"r": RANK, "lora_alpha": ALPHA, "target_modules": "all-linear"}
        config = LoraConfig(task_type="CAUSAL_LM", **usual | settings)
        return get_peft_model(self.base.load(), config)

    def peft_trains(self) -> None:
        for variant, settings in VARIANTS.items():
            model = self.new_adapter(settings)
            self.base.train(model, self.rows, BATCH, 5e-3)
            model.save_pretrained(str(self.theirs[variant]))
            self.compare(f"PEFT's adapter in Touchstone, {variant}", model, self.theirs[variant])

    def both_merge(self) -> None:
        for adapter in (self.ours, *self.theirs.values()):
            folders = {name: self.work / f"{name}_{adapter.name}" for name in ("peft", "f32", "stored")}
            model = self.base.adapted(adapter).merge_and_unload()
            model.save_pretrained(folders["peft"])
            for file in ("tokenizer.json", "tokenizer_config.json"):
                shutil.copy(self.base.folder / file, folders["peft"])
            self.touchstone.merge(adapter, folders["f32"], "--dtype", "f32")
            self.touchstone.merge(adapter, folders["stored"])
            ours, theirs = load_whole(folders["f32"]).state_dict(), model.state_dict()
            wide, stored = model_tensors(folders["f32"]), model_tensors(folders["stored"])
            rounded = {name: tensor.to(stored[name].dtype) for name, tensor in wide.items()}
            beside = self.touchstone.score(self.work / f"beside_{adapter.name}", "--adapter", adapter)
            whole = Touchstone(self.touchstone.program, folders["peft"]).score(self.work / f"whole_{adapter.name}")
            check = f"merged, {'Touchstone' if adapter == self.ours else 'PEFT'}'s adapters"
            self.add(f"{check}: weights in f32", SAME_WEIGHTS, tensors_apart(ours, theirs))
            self.add(f"{check}: in the base's type, from f32 rounded once", SAME, tensors_apart(stored, rounded))
            self.add(
                "effect of merging on a weight, smallest of all",
                EFFECT,
                tensors_apart(ours, self.base.load().state_dict()),
            )
            self.add(f"{check}: rewards of PEFT's whole model from the adapter's", CLOSE, apart(whole, beside))

    def touchstone_goes_on(self) -> None:
        settings: dict[str, object] = {
            "lora_config.lora_dropout": 0,
            "training_args.lr_scheduler_type": "constant",
            "training_args.warmup_ratio": 0,
            "training_args.shuffle": "false",
        }
        for variant, rank_stabilised in (("all linear layers", "false"), ("rsLoRA", "true")):
            begin = self.theirs[variant]
            settings["lora_config.use_rslora"] = rank_stabilised

            def go_on(rate: float, begin: Path = begin) -> Path:
                out = self.work / f"on_{begin.name}_{rate}"
                return self.touchstone.train(
                    self.data, out, settings | {"training_args.learning_rate": rate}, "--begin", begin
                )

            still, moved = go_on(0), self.base.adapted(go_on(1e-3))
            model = self.base.adapted(begin, trainable=True)
            before = self.base.rewards(model)
            self.base.train(model, self.rows, BATCH, 1e-3)
            after = self.base.rewards(model)
            check = f"Touchstone goes on with PEFT's, {variant}"
            unmoved = tensors_apart(adapter_tensors(still), adapter_tensors(begin))
            self.add(f"{check}: tensors after steps of rate 0", SAME, unmoved)
            self.add(f"{check}: rewards after 3 steps of each program", CLOSE, apart(self.base.rewards(moved), after))
            self.add("effect of going on on a reward, smallest of all", EFFECT, apart(before, after))

    def peft_goes_on(self) -> None:
        model = self.base.adapted(self.ours, trainable=True)
        before = self.base.rewards(model)
        self.base.train(model, self.rows[:BATCH], BATCH, 1e-3)
        out = self.work / "theirs_on_ours"
        model.save_pretrained(str(out))
        again = self.base.rewards(self.base.adapted(out))
        scored = self.touchstone.score(self.work / f"rewards_{out.name}", "--adapter", out)
        check = "PEFT goes on with Touchstone's"
        self.add(f"{check}: rewards, both in f32", CLOSE, apart(scored, again))
        self.add("effect of going on on a reward, smallest of all", EFFECT, apart(before, again))


def versions(touchstone: Path) -> str:
    told = subprocess.run([touchstone, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = ("torch", "transformers", "peft", "safetensors", "tokenizers")
    return ", ".join([told, f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touchstone", type=Path, required=True, help="the program to check")
    parser.add_argument("--work", type=Path, help="a folder for everything that is made (default: one that is deleted)")
    parser.add_argument("--record", type=Path, help="a file for the table")
    parser.add_argument("--base", choices=BASES, action="append", help="only this base; may be given more than once")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    program = options.touchstone.resolve()
    report = Report(options.base or list(BASES))
    with tempfile.TemporaryDirectory() as temporary:
        for name in report.bases:
            work = (options.work or Path(temporary)).resolve() / f"round_trip_{BASES[name].name}"
            shutil.rmtree(work, ignore_errors=True)
            RoundTrip(name, program, work, report).run()
    text = report.markdown() + f"- Versions: {versions(program)}.\n"
    print(text)
    if options.record:
        options.record.write_text(text, encoding="utf-8")
    return 0 if report.all_hold() else 1


if __name__ == "__main__":
    sys.exit(main())
