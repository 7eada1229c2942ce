"""A uniform quantizer that learns its step size (LSQ, Esser et al., ICLR 2020, arXiv 1902.08153)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .graph import GraphBuilder

SCALE_CANDIDATES = 60


@dataclass(frozen=True)
class Format:
    """An integer format: `bits` wide, zero point 0; `narrow` drops the most negative code."""

    bits: int
    signed: bool
    narrow: bool = False

    @property
    def low(self) -> int:
        """The smallest code."""
        return -(1 << (self.bits - 1)) + int(self.narrow) if self.signed else 0

    @property
    def high(self) -> int:
        """The largest code."""
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1


def unsigned(bits: int) -> Format:
    """Codes 0 .. 2^bits - 1, for activations after a ReLU."""
    return Format(bits, signed=False)


def signed(bits: int, narrow: bool = False) -> Format:
    """Two's complement codes; `narrow` makes them symmetric around zero."""
    return Format(bits, signed=True, narrow=narrow)


class FakeQuantize(torch.autograd.Function):
    """`scale * round(clamp(x / scale))` with LSQ's straight-through gradients.

    The gradient of the scale is damped by 1/sqrt(elements per scale * largest code), as LSQ proposes.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, fmt: Format) -> Tensor:
        steps = x / scale
        codes = steps.clamp(fmt.low, fmt.high).round_()
        ctx.fmt = fmt
        ctx.save_for_backward(steps, codes, scale)
        return codes * scale

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        steps, codes, scale = ctx.saved_tensors
        inside = (steps >= ctx.fmt.low) & (steps <= ctx.fmt.high)
        to_input = upstream * inside
        to_scale = (upstream * codes).sub_(to_input * steps).sum_to_size(scale.shape)
        damping = (codes.numel() / scale.numel() * max(ctx.fmt.high, 1)) ** -0.5
        return to_input, to_scale * damping, None


class Quantizer(nn.Module):
    """Fake quantization `scale * round(clamp(x / scale))`, rounding half to even.

    The scale is stored as a logarithm, so it stays positive under any step of the optimizer. While `enabled` is
    false the input passes unchanged; the first batch after enabling sets the scale to the one with the least
    squared error. With `fixed_scale` the scale is never learned. `scale_shape` broadcasts against the input.
    """

    def __init__(self, fmt: Format, scale_shape: tuple[int, ...] = (), fixed_scale: float | None = None) -> None:
        super().__init__()
        self.fmt = fmt
        self.enabled = False
        start = torch.full(scale_shape, fixed_scale or 1.0).log()
        self.log_scale = nn.Parameter(start, requires_grad=fixed_scale is None)
        self.register_buffer("calibrated", torch.tensor(fixed_scale is not None))

    def scale(self) -> Tensor:
        """The step size, float32, of shape `scale_shape`."""
        return self.log_scale.exp()

    def forward(self, x: Tensor) -> Tensor:
        if not self.enabled:
            return x
        if not self.calibrated:
            self._calibrate(x.detach())
        return self._fake_quantize(x)

    def _fake_quantize(self, x: Tensor) -> Tensor:
        return FakeQuantize.apply(x, self.scale(), self.fmt)

    @torch.no_grad()
    def _calibrate(self, x: Tensor) -> None:
        rows = x.reshape(self.log_scale.numel(), -1) if self.log_scale.numel() > 1 else x.reshape(1, -1)
        best = least_squares_scale(rows, self.fmt)
        self.log_scale.copy_(best.log().reshape(self.log_scale.shape))
        self.calibrated.fill_(True)

    def codes(self, x: Tensor) -> np.ndarray:
        """The integer codes of `x`, as int64."""
        rounded = (x.detach() / self.scale().detach()).clamp(self.fmt.low, self.fmt.high).round()
        return rounded.numpy().astype(np.int64)

    def emit(self, graph: GraphBuilder, x: str) -> str:
        """Write this quantizer as a QONNX `Quant` node; `x` names its input tensor."""
        fmt = self.fmt
        return graph.quant(x, self.scale().detach().numpy(), fmt.bits, signed=fmt.signed, narrow=fmt.narrow)


def least_squares_scale(rows: Tensor, fmt: Format) -> Tensor:
    """For each row the scale, out of `SCALE_CANDIDATES`, whose codes lie nearest to the row's values."""
    reach = (rows.amax(1) / max(fmt.high, 1)).maximum(-rows.amin(1) / max(-fmt.low, 1)).clamp_min(1e-8)
    best, least = reach, torch.full_like(reach, torch.inf)
    for step in range(1, SCALE_CANDIDATES + 1):
        scale = reach * (step / SCALE_CANDIDATES)
        column = scale[:, None]
        error = ((rows / column).clamp(fmt.low, fmt.high).round() * column - rows).square().sum(1)
        best, least = torch.where(error < least, scale, best), error.minimum(least)
    return best


def enable_quantizers(model: nn.Module) -> None:
    """Turn a float model into a quantized one; scales are set by the next batch in training or evaluation."""
    for module in model.modules():
        if isinstance(module, Quantizer):
            module.enabled = True
