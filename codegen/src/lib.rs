//! Design to Verilog, memory images and packaging
