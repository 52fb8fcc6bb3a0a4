#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| refunds_tests::fuzzing::decode_mattilda(bytes));
