//! Measures the crates beside hand-written calls, in one run, and writes `docs/performance.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement fails by panicking")]
#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "ratios are for reading; nothing here is money"
)]

mod bodies;
mod builds;
mod by_hand;
mod callgrind;
mod canned;
mod clients;
mod compare;
mod create;
mod decode;
mod growth;
mod hand_client;
mod limits;
mod list;
mod machine;
mod memory;
mod operations;
mod page;
mod peers;
mod physics;
mod process;
mod remote;
mod sandbox;
mod sections;
mod server;
mod table;
mod throughput;
mod tls;

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    process::raise_open_files();
    if cfg!(debug_assertions) {
        eprintln!("build with `--profile measure`: other builds say nothing about performance");
        return ExitCode::from(2);
    }
    match args[..] {
        [remote::SERVE, kind] => remote::serve(kind),
        [memory::PEAK, name, url] => memory::peak(name, url),
        ["one", name, times] => operations::repeat(name, times.parse().unwrap()),
        _ if std::env::var_os(tls::TRUST).is_none_or(|file| file != tls::authority()) => {
            return trusting(&args);
        }
        ["check"] => return limits::check(),
        ["check", "--update"] => limits::update(),
        _ => return sections::run(&args),
    }
    ExitCode::SUCCESS
}

/// Runs this program again, so that it trusts the certificate of its server and asks no proxy for it.
fn trusting(args: &[&str]) -> ExitCode {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again
        .args(args)
        .env(tls::TRUST, tls::authority())
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    if let Some(file) = std::env::var_os(tls::TRUST) {
        again.env(tls::ORIGINAL_TRUST, file);
    }
    if again.status().unwrap().success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
