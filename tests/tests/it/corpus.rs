//! The corpora of the fuzz targets, as plain tests: a fixed finding stays fixed.

use std::{fs, path::Path};

use refunds_tests::fuzzing::TARGETS;

#[test]
fn no_input_of_any_corpus_is_accepted_or_panics() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, target) in TARGETS {
        let mut seeds = 0;
        for entry in fs::read_dir(corpora.join(name)).unwrap() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(&path).unwrap());
            seeds += 1;
        }
        assert!(seeds >= 3, "{name} has {seeds} seeds");
    }
}
