//! Independent rust-hdl models of the MAC processing element and the requantizer, for three-way tests
