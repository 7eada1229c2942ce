"""Quantization-aware training, QONNX/QDQ export and an exact numpy reference for the examples.

Modules, in the order of use:

- `quantizer`: the learned-step quantizer with a straight-through estimator,
- `layers`: PyTorch layers that train with it and know how to write themselves to ONNX,
- `training`: seeds, epochs, evaluation,
- `graph`: a small builder of ONNX graphs in the QONNX dialect,
- `reference`: executes such a graph in float64 and proves that no rounding was ambiguous,
- `artifacts`: writes a model beside its held-out input and expected output.
"""
