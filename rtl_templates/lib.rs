//! One Verilog template per hardware block, beside its typed context
