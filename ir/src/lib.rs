//! Representations of mpqc: Network, IntNetwork and Design, the ONNX front end and exact lowering
