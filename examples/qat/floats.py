"""Plain float networks in PyTorch's own layers, written as plain ONNX: what `mpqc quantize` starts from."""

from __future__ import annotations

import onnx
import torch
from torch import Tensor, nn

from .graph import GraphBuilder


class Shortcut(nn.Module):
    """The sum of a branch and its input."""

    def __init__(self, branch: nn.Sequential) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        return self.branch(x) + x


def conv_norm(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution without bias, zero-padded to keep its size, its BatchNorm and a ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]


def export(model: nn.Sequential, name: str, shape: list[int], classes: int) -> onnx.ModelProto:
    """The model as ONNX: input `image` of `shape`, output `logits`."""
    graph = GraphBuilder()
    emit(graph, model.to(memory_format=torch.contiguous_format), "image")
    return graph.finish(name, ("image", shape), ("logits", [1, classes]))


def emit(graph: GraphBuilder, module: nn.Module, x: str) -> str:
    """Add a module behind the tensor `x` and return the name of its output."""
    match module:
        case nn.Sequential():
            for layer in module:
                x = emit(graph, layer, x)
            return x
        case Shortcut():
            return graph.node("Add", [emit(graph, module.branch, x), x])
        case nn.Conv2d():
            return emit_conv(graph, module, x)
        case nn.BatchNorm2d():
            values = [module.weight, module.bias, module.running_mean, module.running_var]
            return graph.node("BatchNormalization", [x, *parameters(graph, "bn", values)], epsilon=module.eps)
        case nn.Linear():
            return graph.node("Gemm", [x, *parameters(graph, "fc", [module.weight, module.bias])], transB=1)
        case nn.ReLU():
            return graph.node("Relu", [x])
        case nn.MaxPool2d():
            return graph.node("MaxPool", [x], kernel_shape=[module.kernel_size] * 2, strides=[module.stride] * 2)
        case nn.AdaptiveAvgPool2d():
            return graph.node("GlobalAveragePool", [x])
        case nn.Flatten():
            return graph.node("Flatten", [x], axis=1)
    raise ValueError(f"no ONNX form of {module} is written here")


def emit_conv(graph: GraphBuilder, module: nn.Conv2d, x: str) -> str:
    """A `Conv` of the module's weights."""
    return graph.node(
        "Conv",
        [x, *parameters(graph, "weight", [module.weight])],
        kernel_shape=list(module.kernel_size),
        strides=list(module.stride),
        pads=[module.padding[0]] * 4,
        group=module.groups,
    )


def parameters(graph: GraphBuilder, stem: str, values: list[Tensor]) -> list[str]:
    """Initializers of the values."""
    return [graph.tensor(stem, value.detach().numpy()) for value in values]
