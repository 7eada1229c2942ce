"""Trains the mixed-precision ResNet-8 on CIFAR-10 and writes the ONNX model of this folder.

Run from `examples/`: `python -m cifar10.train`. After every epoch the state goes to the checkpoint folder; a run that
was interrupted goes on from there, and `--export` writes the model as far as it is trained.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from qat.artifacts import save_model
from qat.layers import Chain
from qat.quantizer import enable_quantizers
from qat.reference import Reference
from qat.training import Trainer, accuracy, deterministic, estimate_norms, logits

from .augment import augment
from .data import load_test, load_train
from .network import build, export

FOLDER = Path(__file__).parent
SEED = 0
BATCH = 128
HELD_OUT = 16
NORM_IMAGES = 10_000
FLOAT = {"epochs": 14, "rate": 4e-3, "decay": 5e-2}
QUANTIZED = {"epochs": 12, "rate": 2e-3, "decay": 1e-2}


def train(trainer: Trainer, checkpoint: Path, x: Tensor, labels: Tensor) -> None:
    """Train all epochs that `checkpoint` does not hold already, and save after each."""
    if checkpoint.exists():
        trainer.resume(torch.load(checkpoint))
    while trainer.done < trainer.epochs:
        start = time.monotonic()
        loss = trainer.epoch(x, labels, augment)
        torch.save(trainer.state(), checkpoint)
        seconds = time.monotonic() - start
        print(f"{checkpoint.stem} epoch {trainer.done}/{trainer.epochs}: loss {loss:.4f}, {seconds:.0f} s", flush=True)


def fit(model: Chain, folder: Path, x: Tensor, labels: Tensor, test: tuple[Tensor, np.ndarray]) -> None:
    """First in float, then with quantizers."""
    train(Trainer(model, batch=BATCH, half_precision=True, **FLOAT), folder / "float.pt", x, labels)
    print(f"accuracy: float {accuracy(logits(model, test[0]), test[1]):.4f}", flush=True)
    enable_quantizers(model)
    train(Trainer(model, batch=BATCH, half_precision=True, **QUANTIZED), folder / "quantized.pt", x, labels)


def write(model: Chain, test_x: np.ndarray, test_labels: np.ndarray) -> None:
    """Export, with the accuracy of the exported graph on all test images."""
    model_file = export(model)
    save_model(FOLDER / "cifar10_resnet8_mixed.onnx", model_file, test_x[:HELD_OUT])
    np.save(FOLDER / "cifar10_resnet8_mixed.input.npy", test_x[:HELD_OUT])
    outputs = Reference(model_file).run_in_parts(test_x)
    print(f"accuracy: mixed {accuracy(outputs, test_labels):.4f}")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoints", type=Path, default=FOLDER.parents[1] / "target" / "cifar10")
    parser.add_argument("--export", action="store_true", help="export the last checkpoint without further training")
    return parser.parse_args()


def main() -> None:
    """Train, export, print the accuracies."""
    options = arguments()
    options.checkpoints.mkdir(parents=True, exist_ok=True)
    deterministic(SEED)
    test_x, test_labels = load_test()
    images, labels = (torch.from_numpy(array) for array in load_train())
    model = build().to(memory_format=torch.channels_last)
    if options.export:
        enable_quantizers(model)
        model.load_state_dict(torch.load(options.checkpoints / "quantized.pt")["model"])
    else:
        fit(model, options.checkpoints, images, labels, (torch.from_numpy(test_x), test_labels))
    estimate_norms(model, images[:: len(images) // NORM_IMAGES].float())
    write(model, test_x, test_labels)


if __name__ == "__main__":
    main()
