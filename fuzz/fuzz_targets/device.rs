#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| { mpqc::campaign::readers::read("device", bytes); });
