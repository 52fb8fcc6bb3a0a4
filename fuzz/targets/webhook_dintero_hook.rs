#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| refunds_tests::fuzzing::webhook_dintero_hook(bytes));
