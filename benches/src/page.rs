//! Writes `docs/performance.md`: a frame of prose, and the sections with the numbers.

use std::fs;

use crate::machine::{root, summary};

const FRAME: &str = include_str!("../page.md");
const NOT_MEASURED: &str = "Not measured yet.\n";

/// Writes the sections that were measured. The others stay as they are on the page.
pub(crate) fn write(measured: &[(&str, String)]) {
    let file = root().join("docs/performance.md");
    let old = fs::read_to_string(&file).unwrap_or_default();
    fs::create_dir_all(root().join("docs")).unwrap();
    fs::write(file, render(&old, measured)).unwrap();
}

fn render(old: &str, measured: &[(&str, String)]) -> String {
    let mut page = String::new();
    for line in FRAME.lines() {
        page.push_str(line);
        page.push('\n');
        let name = line.strip_prefix("<!-- bench: ").and_then(|rest| rest.strip_suffix(" -->"));
        let Some(name) = name else { continue };
        let text = match measured.iter().find(|(section, _)| *section == name) {
            Some((section, text)) if *section == "machine" => text.clone(),
            Some((_, text)) => format!("{text}\n{}\n", summary()),
            None => section(old, name).unwrap_or(NOT_MEASURED).to_owned(),
        };
        page.push_str(&text);
    }
    page
}

/// The text of a section of the page.
fn section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("<!-- bench: {name} -->\n"))?;
    rest.split_once("<!-- /bench -->").map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_was_not_measured_stays() {
        let before = render("", &[("decode", "| old |\n".to_owned()), ("list", "| kept |\n".to_owned())]);
        let after = render(&before, &[("decode", "| new |\n".to_owned())]);
        assert!(after.contains("| new |") && !after.contains("| old |"));
        assert!(after.contains("| kept |"));
    }

    #[test]
    fn the_page_has_the_prose_of_the_frame() {
        let page = fs::read_to_string(root().join("docs/performance.md")).unwrap();
        assert_eq!(render(&page, &[]), page, "edit benches/page.md and run the benchmarks of `machine`");
    }

    #[test]
    fn every_section_of_the_frame_ends() {
        let begins = FRAME.matches("<!-- bench: ").count();
        assert_eq!(begins, FRAME.matches("<!-- /bench -->").count());
        assert_eq!(begins, render("", &[]).matches(NOT_MEASURED).count());
    }
}
