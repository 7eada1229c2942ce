"""A ResNet-8 (the MLPerf Tiny image classifier's shape) with different bits in every layer."""

from __future__ import annotations

import onnx

from qat.graph import GraphBuilder
from qat.layers import (
    BatchNorm2d,
    Chain,
    Flatten,
    GlobalAveragePool,
    QuantConv2d,
    QuantLinear,
    Relu,
    Residual,
)
from qat.quantizer import Format, Quantizer, signed, unsigned


def conv_norm(
    inputs: int, outputs: int, kernel: int, weights: Format, *, stride: int = 1
) -> list[QuantConv2d | BatchNorm2d]:
    """A convolution and its BatchNorm."""
    return [QuantConv2d(inputs, outputs, kernel, weights, stride=stride), BatchNorm2d(outputs)]


def block(
    inputs: int, outputs: int, first: Format, inner: Format, second: Format, after: Format
) -> list[Residual | Relu | Quantizer]:
    """Two 3x3 convolutions beside a shortcut; both branches are quantized before the sum, and the sum after its ReLU.

    `first` and `second` are weight formats, `inner` the format between the two, `after` that of the block's output.
    Where the width changes, the first convolution has stride 2 and the shortcut is a 1x1 convolution.
    """
    stride = 1 if inputs == outputs else 2
    main = Chain(
        *conv_norm(inputs, outputs, 3, first, stride=stride),
        Relu(),
        Quantizer(inner),
        *conv_norm(outputs, outputs, 3, second),
        Quantizer(signed(5)),
    )
    projection = [*conv_norm(inputs, outputs, 1, signed(5), stride=stride), Quantizer(signed(5))]
    return [Residual(main, Chain(*(projection if stride == 2 else []))), Relu(), Quantizer(after)]


def build() -> Chain:
    """`[N, 3, 32, 32]` with values 0..255 to ten logits."""
    return Chain(
        Quantizer(unsigned(8), fixed_scale=1.0),
        *conv_norm(3, 16, 3, signed(8)),
        Relu(),
        Quantizer(unsigned(5)),
        *block(16, 16, first=signed(5), inner=unsigned(4), second=signed(4), after=unsigned(5)),
        *block(16, 32, first=signed(4), inner=unsigned(4), second=signed(4, narrow=True), after=unsigned(4)),
        *block(32, 64, first=signed(3), inner=unsigned(4), second=signed(3), after=unsigned(4)),
        GlobalAveragePool(),
        Quantizer(unsigned(6)),
        Flatten(),
        QuantLinear(64, 10, signed(6)),
    )


def export(model: Chain) -> onnx.ModelProto:
    """The model as QONNX."""
    graph = GraphBuilder()
    model.emit(graph, "image")
    return graph.finish("cifar10_resnet8_mixed", ("image", [1, 3, 32, 32]), ("logits", [1, 10]))
