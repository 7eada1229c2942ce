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


class QuantConv2d(nn.Module):
    """A bias-free convolution over `[N, C, H, W]`, zero-padded to keep its size, one weight scale per output channel.

    With `groups` equal to `inputs` it is depthwise.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, fmt: Format, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.stride, self.groups = stride, groups
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, kernel, kernel))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        self.quantizer = Quantizer(fmt, (outputs, 1, 1, 1))

    @property
    def kernel(self) -> int:
        """The side of the kernel."""
        return self.weight.shape[-1]

    def forward(self, x: Tensor) -> Tensor:
        weight = self.quantizer(self.weight)
        return F.conv2d(x, weight, stride=self.stride, padding=self.kernel // 2, groups=self.groups)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        return graph.node(
            "Conv",
            [x, emit_weight(graph, self.quantizer, self.weight)],
            kernel_shape=[self.kernel] * 2,
            strides=[self.stride] * 2,
            pads=[self.kernel // 2] * 4,
            group=self.groups,
        )


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


class BatchNorm2d(BatchNorm1d):
    """Batch normalization over `[N, C, H, W]`."""

    norm_type = nn.BatchNorm2d


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


class MaxPool(nn.Module):
    """The maximum of each 2x2 square."""

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 2)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        return graph.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])


class GlobalAveragePool(nn.Module):
    """The mean of each channel, `[N, C, H, W]` to `[N, C, 1, 1]`."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3), keepdim=True)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        return graph.node("GlobalAveragePool", [x])


class Flatten(nn.Module):
    """`[N, ...]` to `[N, features]`."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        return graph.node("Flatten", [x], axis=1)


class Residual(nn.Module):
    """The sum of two branches of one input; an empty `skip` is the identity."""

    def __init__(self, main: Chain, skip: Chain) -> None:
        super().__init__()
        self.main, self.skip = main, skip

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x) + self.skip(x)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        return graph.node("Add", [self.main.emit(graph, x), self.skip.emit(graph, x)])
