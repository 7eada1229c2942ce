"""Writes ONNX's backend node tests as files, for ir/tests/onnx_backend.rs.

Newer releases of the PyPI package `onnx` make these cases on demand instead of shipping them. Usage:

    python ir/tests/onnx_node_cases.py FOLDER
    MPQC_ONNX_TESTS=FOLDER cargo test -p mpqc-ir --test onnx_backend -- --nocapture
"""

import pathlib
import sys

import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_node_model_tests


def tensors(values, declared):
    """The values as tensor messages; None where one is not a tensor."""
    if not all(value.type.HasField("tensor_type") for value in declared):
        return None
    is_message = lambda value: isinstance(value, onnx.TensorProto)
    return [v if is_message(v) else numpy_helper.from_array(v, d.name) for v, d in zip(values, declared)]


def write(case, folder):
    """Writes one case; a case without tensors, or with several sets of data, is left out."""
    if len(case.data_sets) != 1:
        return False
    inputs, outputs = case.data_sets[0]
    inputs = tensors(inputs, case.model.graph.input)
    outputs = tensors(outputs, case.model.graph.output)
    if inputs is None or outputs is None:
        return False
    data = folder / case.name / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / case.name / "model.onnx").write_bytes(case.model.SerializeToString())
    for kind, messages in (("input", inputs), ("output", outputs)):
        for position, message in enumerate(messages):
            (data / f"{kind}_{position}.pb").write_bytes(message.SerializeToString())
    return True


def main():
    folder = pathlib.Path(sys.argv[1])
    written = sum(write(case, folder) for case in load_node_model_tests())
    print(f"{written} cases in {folder}")


if __name__ == "__main__":
    main()
