"""Post-training quantization of the float MLP to int8 in ONNX's QDQ form.

Activations are int8 per tensor with zero points that are not zero, weights int8 per output channel, biases int32;
BatchNorm is folded into weights and biases, as converters for microcontrollers do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor

from qat.graph import GraphBuilder
from qat.layers import BatchNorm1d, Chain, QuantLinear, Relu


@dataclass(frozen=True)
class Affine:
    """value = scale * (code - zero), code in int8."""

    scale: np.float32
    zero: int


@dataclass(frozen=True)
class Dense:
    """A fully connected layer with folded BatchNorm, weights `[outputs, inputs]`, float64."""

    weight: np.ndarray
    bias: np.ndarray
    relu: bool

    def __call__(self, x: np.ndarray) -> np.ndarray:
        y = x @ self.weight.T + self.bias
        return np.maximum(y, 0.0) if self.relu else y


def fold(model: Chain) -> list[Dense]:
    """The layers of a float MLP with each BatchNorm folded into the layer before it."""
    layers: list[Dense] = []
    for module in model:
        if isinstance(module, QuantLinear):
            weight = as_float64(module.weight)
            layers.append(Dense(weight, np.zeros(len(weight)), relu=False))
        elif isinstance(module, BatchNorm1d):
            layers[-1] = fold_norm(layers[-1], module)
        elif isinstance(module, Relu):
            layers[-1] = Dense(layers[-1].weight, layers[-1].bias, relu=True)
    return layers


def fold_norm(layer: Dense, module: BatchNorm1d) -> Dense:
    """`layer` followed by the BatchNorm, as one layer."""
    norm = module.norm
    gain = as_float64(norm.weight) / np.sqrt(as_float64(norm.running_var) + norm.eps)
    return Dense(layer.weight * gain[:, None], as_float64(norm.bias) - as_float64(norm.running_mean) * gain, False)


def as_float64(values: Tensor) -> np.ndarray:
    """A parameter as a float64 array."""
    return values.detach().to(torch.float64).numpy()


def calibrate(values: np.ndarray) -> Affine:
    """The int8 format that spans the values seen, zero included."""
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    scale = np.float32((high - low) / 255)
    return Affine(scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))


def emit_activation(graph: GraphBuilder, x: str, fmt: Affine) -> str:
    """A QuantizeLinear/DequantizeLinear pair."""
    pair = [graph.tensor("scale", fmt.scale), graph.tensor("zero_point", fmt.zero, np.int8)]
    return graph.node("DequantizeLinear", [graph.node("QuantizeLinear", [x, *pair]), *pair])


def emit_dense(graph: GraphBuilder, x: str, x_scale: np.float32, layer: Dense) -> str:
    """A Gemm on dequantized int8 weights (one scale per output) and an int32 bias."""
    scales = (np.abs(layer.weight).max(1) / 127).astype(np.float32)
    bias_scales = (scales * x_scale).astype(np.float32)
    weight = graph.tensor("weight", np.rint(layer.weight / scales[:, None].astype(np.float64)), np.int8)
    bias = graph.tensor("bias", np.rint(layer.bias / bias_scales.astype(np.float64)), np.int32)
    parameters = [
        graph.node("DequantizeLinear", [codes, graph.tensor("scale", scale)], axis=0)
        for codes, scale in ((weight, scales), (bias, bias_scales))
    ]
    y = graph.node("Gemm", [x, *parameters], transB=1)
    return graph.node("Relu", [y]) if layer.relu else y


def export(model: Chain, train_x: np.ndarray) -> onnx.ModelProto:
    """Quantize the float `model` with ranges taken from `train_x` (float32 `[N, inputs]`)."""
    graph, values = GraphBuilder(), train_x.astype(np.float64)
    # 15 codes a grey level: all 17 levels are exact.
    fmt = Affine(np.float32(1 / 15), -128)
    tensor = emit_activation(graph, "pixels", fmt)
    for layer in fold(model):
        values = layer(values)
        tensor = emit_dense(graph, tensor, fmt.scale, layer)
        fmt = calibrate(values)
        tensor = emit_activation(graph, tensor, fmt)
    return graph.finish("digits_mlp_int8", ("pixels", [1, train_x.shape[1]]), ("logits", [1, values.shape[1]]))
