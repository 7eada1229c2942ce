"""Executes an exported graph in float64, operator by operator, as the ONNX and QONNX texts define them.

Float64 is not real arithmetic, but what leaves a quantizer is an integer code, and that code is certain unless the
value before rounding lies next to a rounding boundary. The executor measures this distance at every quantizer:
`Reference.margin` above `SAFE_MARGIN` proves that the codes are those of exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy import ndarray
from onnx import helper, numpy_helper

# Sums of a few hundred products err by less than 1e-12 of a step in float64.
SAFE_MARGIN = 1e-9

Operator = Callable[..., ndarray]


class Reference:
    """A model and the smallest distance to a rounding boundary, in steps, that its quantizers have seen."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.graph = model.graph
        self.margin = 0.5
        self.constants = {t.name: numpy_helper.to_array(t) for t in self.graph.initializer}

    def run(self, x: ndarray) -> ndarray:
        """The output for a whole batch `x`, in float64."""
        values = {**self.constants, self.graph.input[0].name: x.astype(np.float64)}
        for node in self.graph.node:
            values[node.output[0]] = self._evaluate(node, [values[name] for name in node.input])
        return values[self.graph.output[0].name]

    def run_in_parts(self, x: ndarray, size: int = 100) -> ndarray:
        """As `run`, with `size` images at a time to bound the memory."""
        return np.concatenate([self.run(x[start : start + size]) for start in range(0, len(x), size)])

    def _evaluate(self, node: onnx.NodeProto, inputs: list[ndarray]) -> ndarray:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type in ROUNDING:
            return ROUNDING[node.op_type](self._round, *inputs, **attributes)
        return OPERATORS[node.op_type](*inputs, **attributes)

    def _round(self, x: ndarray) -> ndarray:
        """Round half to even and remember how near to a half any value was."""
        self.margin = min(self.margin, float(np.abs(x - np.floor(x) - 0.5).min()))
        return np.rint(x)


def quant(rounded: Operator, x: ndarray, scale: ndarray, zero: ndarray, bits: ndarray, **attributes: Any) -> ndarray:
    """QONNX `Quant`: clamp first, then round."""
    assert attributes["rounding_mode"] == b"ROUND", "the exporter writes no other mode"
    scale, zero, width = scale.astype(np.float64), zero.astype(np.float64), int(bits)
    low = -(1 << (width - 1)) + attributes["narrow"] if attributes["signed"] else 0
    high = (1 << (width - 1)) - 1 if attributes["signed"] else (1 << width) - 1
    return (rounded(np.clip(x / scale + zero, low, high)) - zero) * scale


def quantize_linear(rounded: Operator, x: ndarray, scale: ndarray, zero: ndarray) -> ndarray:
    """ONNX `QuantizeLinear` per tensor: round first, then add the zero point and saturate."""
    limits = np.iinfo(zero.dtype)
    codes = rounded(x / scale.astype(np.float64)) + zero
    return np.clip(codes, limits.min, limits.max).astype(zero.dtype)


def dequantize_linear(x: ndarray, scale: ndarray, zero: ndarray | None = None, axis: int = 1) -> ndarray:
    """ONNX `DequantizeLinear`, per tensor or along `axis`."""
    shape = [-1 if dim == axis else 1 for dim in range(x.ndim)] if scale.ndim else []
    offset = 0 if zero is None else zero.astype(np.int64).reshape(shape)
    return (x.astype(np.int64) - offset) * scale.astype(np.float64).reshape(shape)


def gemm(x: ndarray, weight: ndarray, bias: ndarray, transB: int = 0) -> ndarray:
    """ONNX `Gemm` with alpha = beta = 1."""
    return x @ (weight.T if transB else weight) + bias


def batch_normalization(
    x: ndarray, gamma: ndarray, beta: ndarray, mean: ndarray, var: ndarray, epsilon: float = 1e-5
) -> ndarray:
    """ONNX `BatchNormalization` in inference mode, channels on axis 1."""
    shape = [1, -1] + [1] * (x.ndim - 2)
    gamma, beta, mean, var = (p.astype(np.float64).reshape(shape) for p in (gamma, beta, mean, var))
    return (x - mean) / np.sqrt(var + epsilon) * gamma + beta


def windows(x: ndarray, kernel: list[int], strides: list[int]) -> ndarray:
    """All windows of `[N, C, H, W]`, as `[N, C, rows, columns, kernel height, kernel width]`."""
    every = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return every[:, :, :: strides[0], :: strides[1]]


def conv(
    x: ndarray, weight: ndarray, *, kernel_shape: list[int], strides: list[int], pads: list[int], group: int
) -> ndarray:
    """ONNX `Conv` in two dimensions, without dilation and bias."""
    top, left, bottom, right = pads
    view = windows(np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right))), kernel_shape, strides)
    parts = zip(np.split(view, group, axis=1), np.split(weight, group), strict=True)
    outputs = [np.tensordot(part, kernels, axes=([1, 4, 5], [1, 2, 3])) for part, kernels in parts]
    return np.moveaxis(np.concatenate(outputs, axis=3), 3, 1)


def max_pool(x: ndarray, *, kernel_shape: list[int], strides: list[int]) -> ndarray:
    """ONNX `MaxPool` in two dimensions, without padding."""
    return windows(x, kernel_shape, strides).max(axis=(4, 5))


ROUNDING: dict[str, Callable[..., ndarray]] = {"Quant": quant, "QuantizeLinear": quantize_linear}

OPERATORS: dict[str, Operator] = {
    "Add": np.add,
    "BatchNormalization": batch_normalization,
    "Conv": conv,
    "DequantizeLinear": dequantize_linear,
    "Flatten": lambda x, axis: x.reshape(*x.shape[:axis], -1),
    "Gemm": gemm,
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "MatMul": np.matmul,
    "MaxPool": max_pool,
    "Relu": lambda x: np.maximum(x, 0.0),
    "Transpose": lambda x, perm: x.transpose(perm),
}
