"""PyTorch layers that quantize in training and write themselves into a `GraphBuilder`.

Every layer has `emit(graph, x) -> str`: it adds its nodes behind the tensor named `x` and returns the name of its
output.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .graph import GraphBuilder
from .quantizer import Format, Quantizer


def emit_weight(graph: GraphBuilder, quantizer: Quantizer, weight: Tensor) -> str:
    """Store `weight` on its own quantization grid, behind its `Quant` node.

    On the grid no code lies near a rounding boundary, so every reader recovers the same integers.
    """
    on_grid = quantizer.codes(weight) * quantizer.scale().detach().numpy()
    return quantizer.emit(graph, graph.tensor("weight", on_grid))


class QuantLinear(nn.Module):
    """A bias-free fully connected layer; with `per_channel` each output has a weight scale of its own."""

    def __init__(self, inputs: int, outputs: int, fmt: Format, per_channel: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        self.quantizer = Quantizer(fmt, (outputs, 1) if per_channel else ())

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.quantizer(self.weight))

    def emit(self, graph: GraphBuilder, x: str) -> str:
        weight = emit_weight(graph, self.quantizer, self.weight)
        return graph.node("MatMul", [x, graph.node("Transpose", [weight], perm=[1, 0])])


def batch_norm(norm: type[nn.Module], channels: int) -> nn.Module:
    """A BatchNorm whose gains start at +1 or -1 with equal chance.

    The sign is free for training (the weights absorb it), and exported models that have both signs exercise falling
    transfer functions downstream.
    """
    layer = norm(channels)
    with torch.no_grad():
        layer.weight.copy_(torch.randint(0, 2, (channels,)) * 2.0 - 1.0)
    return layer


class BatchNorm1d(nn.Module):
    """Batch normalization over `[N, C]`, kept as a node of its own in the export."""

    norm_type: type[nn.Module] = nn.BatchNorm1d

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = batch_norm(self.norm_type, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        norm = self.norm
        inputs = {"gamma": norm.weight, "beta": norm.bias, "mean": norm.running_mean, "var": norm.running_var}
        names = [graph.tensor(f"bn_{stem}", values.detach().numpy()) for stem, values in inputs.items()]
        return graph.node("BatchNormalization", [x, *names], epsilon=norm.eps)


class Relu(nn.Module):
    """max(x, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        return graph.node("Relu", [x])


class Chain(nn.Sequential):
    """Layers one after the other."""

    def emit(self, graph: GraphBuilder, x: str) -> str:
        for layer in self:
            x = layer.emit(graph, x)
        return x
