#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| throng_scim_fuzz::path(input));
