//! The sections of the page, and which of them a run measures.

use std::process::ExitCode;

use crate::{builds, create, decode, growth, list, machine, memory, page, peers, physics, throughput};

struct Section {
    name: &'static str,
    /// Takes minutes or needs the network: only measured if it is named, or with `--all`.
    is_slow: bool,
    measure: fn() -> String,
}

const SECTIONS: &[Section] = &[
    Section { name: "machine", is_slow: false, measure: machine::section },
    Section { name: "decode", is_slow: false, measure: decode::section },
    Section { name: "list", is_slow: false, measure: list::section },
    Section { name: "create", is_slow: false, measure: create::section },
    Section { name: "throughput", is_slow: false, measure: throughput::section },
    Section { name: "memory", is_slow: false, measure: memory::section },
    Section { name: "growth", is_slow: false, measure: growth::section },
    Section { name: "limits", is_slow: false, measure: physics::section },
    Section { name: "crates", is_slow: false, measure: builds::crates_section },
    Section { name: "peers", is_slow: true, measure: peers::section },
    Section { name: "builds", is_slow: true, measure: builds::section },
];

/// Measures the named sections, or all that are not slow, and writes the page.
pub(crate) fn run(args: &[&str]) -> ExitCode {
    let unknown = |arg: &&&str| **arg != "--all" && SECTIONS.iter().all(|section| section.name != **arg);
    if let Some(arg) = args.iter().find(unknown) {
        let names: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
        eprintln!("{arg} is not a section; expected --all, check or any of: {}", names.join(" "));
        return ExitCode::from(2);
    }
    let is_wanted = |section: &&Section| match args {
        [] => !section.is_slow,
        ["--all"] => true,
        _ => args.contains(&section.name) || section.name == "machine",
    };
    let mut measured = Vec::new();
    for section in SECTIONS.iter().filter(is_wanted) {
        eprintln!("measuring {} …", section.name);
        let text = (section.measure)();
        println!("## {}\n\n{text}", section.name);
        measured.push((section.name, text));
        // After each, so that a run that is cut off keeps what it has.
        page::write(&measured);
    }
    ExitCode::SUCCESS
}
