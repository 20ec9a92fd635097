"""Measures the speed and memory of training LoRA adapters: transformers with PEFT, and Touchstone, on the same rows.

    pip install -r requirements.txt
    python training_speed.py --model models/base --touchstone ../../target/release/touchstone --steps 10 --threads 2
    python training_speed.py --gguf SmolLM2-135M-Instruct.Q4_1.gguf --touchstone ../../target/release/touchstone

LoRA with r = 16, alpha = 32 on all linear layers, f32, CPU, dORM's rows of one category, each program with and without
gradient checkpointing. transformers is run in two ways: with labels of -100 where nothing is learned, which computes
the whole vocabulary at every position, and with the head at the labelled position alone, as Touchstone computes it.

Tokens are those of the texts, without padding. Each run is a process of its own; its peak is the most memory that was
resident, with all that it loads. The seconds of transformers are those of the steps alone; those of Touchstone are the
whole command's, which loads the model and writes the adapter, too. Prints JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Nothing heavy is imported up here: the memory of a process that starts another counts for the other's peak.

RANK, ALPHA, DROPOUT, LEARNING_RATE = 16, 32, 0.1, 1e-4
SEED = 42
HEADS = ("every position", "labelled positions")
ON_OFF = {True: "on", False: "off"}


def convert(gguf: Path, out: Path) -> None:
    """Writes a GGUF file as a folder of f32 safetensors."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    # It is f32 by now, whatever the file was.
    model.hf_quantizer = None
    del model.config.quantization_config
    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(out)


def prepare(model: Path, category: str, max_length: int, count: int, out: Path) -> None:
    """Writes the rows that are trained on as `rows.jsonl`, and their tokens as `examples.json`."""
    from layout import Layout, training_rows, write_rows

    layout = Layout(model)
    pairs = [(row, layout.example(row)) for row in training_rows(category)]
    pairs = [(row, example) for row, example in pairs if len(example.tokens) <= max_length]
    if len(pairs) < count:
        raise SystemExit(
            f"{category} has {len(pairs)} rows of at most {max_length} tokens, not {count}: take fewer steps"
        )
    chosen = random.Random(SEED).sample(pairs, count)
    write_rows([row for row, _ in chosen], out / "data/rows.jsonl")
    examples = [{"tokens": example.tokens, "label": example.label} for _, example in chosen]
    told = {"candidates": layout.candidates, "examples": examples}
    (out / "examples.json").write_text(json.dumps(told), encoding="utf-8")


def measure_transformers(
    model: Path, work: Path, batch: int, threads: int, checkpointing: bool, head: str
) -> dict[str, Any]:
    """Trains with transformers and PEFT."""
    import torch
    from peft import LoraConfig, get_peft_model
    from torch.nn.functional import cross_entropy
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    base.config.use_cache = False
    if checkpointing:
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, lora_dropout=DROPOUT, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    adapted = get_peft_model(base, config)
    adapted.train()
    trained = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.01)
    told = json.loads((work / "examples.json").read_text(encoding="utf-8"))
    candidates, examples = told["candidates"], told["examples"]

    def loss_of(together: list[dict[str, Any]]) -> torch.Tensor:
        lengths = torch.tensor([len(example["tokens"]) for example in together])
        # One more place, for the label of the last token.
        shape = (len(together), int(lengths.max()) + 1)
        ids, labels = torch.zeros(shape, dtype=torch.long), torch.full(shape, -100)
        for row, example in enumerate(together):
            end = len(example["tokens"])
            ids[row, :end] = torch.tensor(example["tokens"])
            ids[row, end] = labels[row, end] = candidates[example["label"]]
        mask = (torch.arange(shape[1]) <= lengths[:, None]).long()
        if head == HEADS[0]:
            return adapted(input_ids=ids, attention_mask=mask, labels=labels).loss
        states = base.model(input_ids=ids[:, :-1], attention_mask=mask[:, :-1]).last_hidden_state
        at_tags = states[torch.arange(len(together)), lengths - 1]
        logits = at_tags @ base.lm_head.weight[candidates].T
        return cross_entropy(logits, torch.tensor([example["label"] for example in together]))

    losses = []
    start = time.perf_counter()
    for first in range(0, len(examples), batch):
        loss = loss_of(examples[first : first + batch])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    return {"seconds": time.perf_counter() - start, "losses": losses}


def measured(command: list[str], threads: int) -> tuple[str, float, float]:
    """Runs a process, and gives its output, its seconds and the most MiB that were resident."""
    count = str(threads)
    environment = os.environ | {"OMP_NUM_THREADS": count, "RAYON_NUM_THREADS": count, "HF_HUB_OFFLINE": "1"}
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        # The process is gone; Popen must not wait for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        output.seek(0)
        # Linux counts in KiB, macOS in bytes.
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return output.read(), seconds, usage.ru_maxrss / unit


def measure_touchstone(options: argparse.Namespace, model: Path, work: Path, checkpointing: bool) -> dict[str, Any]:
    """Trains with Touchstone."""
    out = work / f"touchstone_{ON_OFF[checkpointing]}_{time.time_ns()}"
    settings = {
        "lora_config.r": RANK,
        "lora_config.lora_alpha": ALPHA,
        "lora_config.lora_dropout": DROPOUT,
        "training_args.learning_rate": LEARNING_RATE,
        "training_args.lr_scheduler_type": "constant",
        "training_args.warmup_ratio": 0,
        "training_args.effective_batch_size": options.batch,
        "training_args.shuffle": "false",
        "training_args.gradient_checkpointing": str(checkpointing).lower(),
        "max_length": options.max_length,
    }
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    sets += [part for setting in options.set for part in ("--set", setting)]
    command = [str(options.touchstone.resolve()), "train", "--reward-model", "dORM", "--model", str(model)]
    command += ["--data", str(work / "data"), "--out", str(out), "--format", "json", *sets]
    told, wall, peak = measured(command, options.threads)
    with (out / "training_curve.csv").open(encoding="utf-8", newline="") as file:
        steps = [row for row in csv.DictReader(file) if row["loss"]]
    return {
        "program": "touchstone",
        "head": HEADS[1],
        "seconds": json.loads(told)["seconds"],
        "wall_seconds": wall,
        "peak_mib": peak,
        "tokens": sum(int(row["tokens"]) for row in steps),
        "losses": [float(row["loss"]) for row in steps],
    }


def run_transformers(
    options: argparse.Namespace, model: Path, work: Path, checkpointing: bool, head: str
) -> dict[str, Any]:
    call = [model, work, options.batch, options.threads, ON_OFF[checkpointing], head]
    told, wall, peak = measured([sys.executable, __file__, "--child", "train", *map(str, call)], options.threads)
    found = json.loads(told)
    examples = json.loads((work / "examples.json").read_text(encoding="utf-8"))["examples"]
    return {
        "program": "transformers",
        "head": head,
        "seconds": found["seconds"],
        "wall_seconds": wall,
        "peak_mib": peak,
        "tokens": sum(len(example["tokens"]) for example in examples),
        "losses": found["losses"],
    }


def child(task: str, *arguments: str) -> None:
    """One of the tasks that have a process of their own."""
    if task == "convert":
        convert(Path(arguments[0]), Path(arguments[1]))
    elif task == "prepare":
        model, category, max_length, count, out = arguments
        prepare(Path(model), category, int(max_length), int(count), Path(out))
    else:
        model, work, batch, threads, checkpointing, head = arguments
        found = measure_transformers(
            Path(model), Path(work), int(batch), int(threads), checkpointing == ON_OFF[True], head
        )
        print(json.dumps(found))


def measure(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    model = options.model
    if options.gguf:
        model = work / options.gguf.stem
        if not (model / "model.safetensors").exists():
            measured([sys.executable, __file__, "--child", "convert", str(options.gguf), str(model)], options.threads)
    count = options.steps * options.batch
    call = [model, options.category, options.max_length, count, work]
    measured([sys.executable, __file__, "--child", "prepare", *map(str, call)], options.threads)
    runs = []
    for repeat in range(options.repeats):
        for checkpointing in (True, False):
            found = [run_transformers(options, model, work, checkpointing, head) for head in HEADS]
            if options.touchstone:
                found.append(measure_touchstone(options, model, work, checkpointing))
            for run in found:
                speed = run["tokens"] / run["seconds"]
                run |= {"gradient_checkpointing": checkpointing, "repeat": repeat, "tokens_per_second": speed}
                print(
                    f"{run['program']}, head at {run['head']}, checkpointing {ON_OFF[checkpointing]}: "
                    f"{speed:.0f} tokens/s, {run['peak_mib']:.0f} MiB",
                    file=sys.stderr,
                )
            runs += found
    packages = ("torch", "transformers", "peft")
    return {
        "model": (options.gguf or options.model).name,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "threads": options.threads,
        "batch": options.batch,
        "steps": options.steps,
        "category": options.category,
        "versions": {package: version(package) for package in packages},
        "runs": runs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path, help="a model's folder")
    source.add_argument("--gguf", type=Path, help="a model's GGUF file, which is written as f32 safetensors first")
    parser.add_argument("--touchstone", type=Path, help="the program to measure, too")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=1, help="how often everything is measured")
    parser.add_argument("--category", default="law", help="the rows, of experiments/base/data/train")
    parser.add_argument("--max-length", type=int, default=650, help="longer rows are left out")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of touchstone train")
    parser.add_argument("--work", type=Path, help="a folder for everything that is made (default: one that is deleted)")
    parser.add_argument("--record", type=Path, help="a file for the JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        text = json.dumps(measure(options, work), indent=2) + "\n"
    print(text, end="")
    if options.record:
        options.record.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()
