"""A builder of ONNX graphs in the QONNX dialect."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

QONNX_DOMAIN = "qonnx.custom_op.general"
OPSET = 13
# onnx writes the newest IR version by default, which released runtimes refuse.
IR_VERSION = 10


class GraphBuilder:
    """Collects nodes and initializers; every node gets a name and one output `<name>_out`."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._numbers: dict[str, count[int]] = {}

    def fresh(self, stem: str) -> str:
        """A name that was not used yet: `stem_0`, `stem_1`, ..."""
        return f"{stem}_{next(self._numbers.setdefault(stem, count()))}"

    def tensor(self, stem: str, values: Any, dtype: type = np.float32) -> str:
        """Add an initializer and return its name."""
        name = self.fresh(stem)
        self._initializers[name] = numpy_helper.from_array(np.asarray(values, dtype), name)
        return name

    def node(self, op: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        """Add a node of one output and return the name of that output."""
        name = self.fresh(op)
        output = f"{name}_out"
        self._nodes.append(helper.make_node(op, inputs, [output], name=name, domain=domain, **attributes))
        return output

    def quant(self, x: str, scale: np.ndarray, bits: int, *, signed: bool, narrow: bool) -> str:
        """Add a QONNX `Quant` node with zero point 0 that rounds half to even."""
        inputs = [x, self.tensor("scale", scale), self.tensor("zeropt", 0.0), self.tensor("bitwidth", float(bits))]
        return self.node("Quant", inputs, QONNX_DOMAIN, signed=int(signed), narrow=int(narrow), rounding_mode="ROUND")

    def finish(self, name: str, x: tuple[str, list[int]], y: tuple[str, list[int]]) -> onnx.ModelProto:
        """Close the graph: `x` and `y` are the names and float32 shapes of its input and output.

        The last node's output is renamed to the graph's output.
        """
        assert self._nodes, "a graph has at least one node"
        self._nodes[-1].output[0] = y[0]
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info(x[0], TensorProto.FLOAT, x[1])],
            [helper.make_tensor_value_info(y[0], TensorProto.FLOAT, y[1])],
            list(self._initializers.values()),
        )
        return helper.make_model(graph, opset_imports=self._opsets(), ir_version=IR_VERSION, producer_name="mpqc-qat")

    def _opsets(self) -> list[onnx.OperatorSetIdProto]:
        opsets = [helper.make_opsetid("", OPSET)]
        if any(node.domain == QONNX_DOMAIN for node in self._nodes):
            opsets.append(helper.make_opsetid(QONNX_DOMAIN, 1))
        return opsets
