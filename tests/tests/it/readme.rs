//! The README's table of providers is what their capabilities say; `UPDATE_TABLES=1` writes it. Its counts are
//! those of the tables it links to.

use std::{collections::BTreeSet, fmt::Write as _, path::Path, sync::Arc};

use refunds_core::{
    Capabilities, Certainty, Idempotency, References, RefundProvider, testing::MemoryProvider,
};
use refunds_sandbox::Sandbox;

const BEGIN: &str = "--test it readme` -->\n";
const END: &str = "<!-- /providers -->";

/// What a row says of a provider.
type Cell = fn(&Capabilities) -> String;

const ROWS: [(&str, Cell); 8] = [
    ("partial refunds", |can| yes(can.partial)),
    ("several refunds of one payment", |can| yes(can.multiple)),
    ("refunds of order lines", |can| yes(can.lines)),
    ("refunds to gift cards", |can| yes(can.gift_cards)),
    ("metadata", |can| yes(can.metadata)),
    ("signed webhooks", |can| yes(can.webhooks)),
    ("the reference in responses", |can| {
        if can.references == References::Reported { "yes" } else { "not always" }.to_owned()
    }),
    ("idempotency key", |can| match &can.idempotency {
        Idempotency::Key(key) if key.certainty == Certainty::Guaranteed => "honoured".to_owned(),
        Idempotency::Key(_) => "sent; relied on only if the settings say `honoured`".to_owned(),
        _ => "none".to_owned(),
    }),
];

fn yes(can: bool) -> String {
    if can { "yes" } else { "no" }.to_owned()
}

#[tokio::test]
async fn the_readme_says_what_the_providers_can_do() {
    let sandbox = Sandbox::start().await.unwrap();
    let registry = refunds_tests::registry(MemoryProvider::new());
    let columns = [("Dintero", "dintero"), ("Mattilda Payments, Gr4vy", "mattilda")].map(|(title, name)| {
        let provider: Arc<dyn RefundProvider> =
            registry.build(name, &sandbox.settings(name).into_iter().collect()).unwrap();
        (title, provider.capabilities())
    });
    let mut table =
        format!("| |{}\n|---|", columns.each_ref().map(|(title, _)| format!(" {title} |")).concat());
    table.push_str(&"---|".repeat(columns.len()));
    table.push('\n');
    for (what, cell) in ROWS {
        let cells = columns.each_ref().map(|(_, can)| format!(" {} |", cell(can))).concat();
        writeln!(table, "| {what} |{cells}").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let mut readme = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (readme.find(BEGIN).unwrap() + BEGIN.len(), readme.find(END).unwrap());
    if std::env::var_os("UPDATE_TABLES").is_some() {
        readme.replace_range(begin..end, &table);
        std::fs::write(&path, &readme).unwrap();
    }
    let end = readme.find(END).unwrap();
    assert_eq!(readme[begin..end], table, "UPDATE_TABLES=1 writes the table");
}

/// The cells of a table's column, each once, without the head.
fn cells(file: &str, column: usize) -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1).map(|row| row.split('|').nth(column).unwrap().trim().to_owned()).collect()
}

#[test]
fn the_readme_counts_right() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    for (file, column, text) in [
        ("tests/fault-table.md", 2, "[{} faults at every call](tests/fault-table.md)"),
        (
            "crates/core/tests/wrong-providers.md",
            1,
            "[{} wrong providers](crates/core/tests/wrong-providers.md)",
        ),
        (
            "crates/core/tests/wrong-journals.md",
            1,
            "[{} wrong journals](crates/core/tests/wrong-journals.md)",
        ),
    ] {
        let link = text.replace("{}", &cells(file, column).len().to_string());
        assert!(readme.contains(&link), "the README should say {link}");
    }
}
