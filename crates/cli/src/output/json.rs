//! JSON, as the library serializes it.

use std::io::{self, Write};

use serde::Serialize;

pub(super) fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    out.write_all(&text)
}

pub(super) fn pretty(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    out.write_all(&text)
}

/// An element of an array that is written as it comes; [`end`] closes it.
pub(super) fn element(out: &mut impl Write, value: &impl Serialize, is_first: bool) -> io::Result<()> {
    let mut text = if is_first { b"[\n".to_vec() } else { b",\n".to_vec() };
    serde_json::to_writer(&mut text, value)?;
    out.write_all(&text)
}

/// The end of an array.
pub(super) fn end(out: &mut impl Write, has_begun: bool) -> io::Result<()> {
    out.write_all(if has_begun { b"\n]\n" } else { b"[]\n" })
}
