"""Runs every model N.onnx of a folder on the frames of N.npy; writes N.out.npy, or N.error with ONNX Runtime's words.

Optimizations are off: the fusions that they bring round a bias of floats to integers, which the graph does not say.
"""

import pathlib
import sys

import numpy
import onnxruntime

options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
options.intra_op_num_threads = 1
options.log_severity_level = 4

for model in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    try:
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        frames = numpy.load(model.with_suffix(".npy"))
        name = session.get_inputs()[0].name
        outputs = [session.run(None, {name: frame[numpy.newaxis]})[0] for frame in frames]
        numpy.save(model.with_suffix(".out.npy"), numpy.concatenate(outputs).astype(numpy.float64))
    except Exception as error:
        model.with_suffix(".error").write_text(str(error))
