//! Paths as data: which row of a provider's table a request is.

use crate::{fault::Call, wire::Reply};

/// Method, path, handler, and the calls that a request is for faults. In a path, `{name}` is any segment.
pub(crate) type Row<H> = (&'static str, &'static str, H, &'static [Call]);

/// A request's row, with the segments that are in the places of names, in order.
pub(crate) struct Route<H: 'static> {
    pub(crate) row: &'static Row<H>,
    pub(crate) ids: Vec<String>,
}

impl<H> Route<H> {
    /// The first path that fits decides, then the method; otherwise, the refusal has status 404 or 405.
    pub(crate) fn of(
        rows: &'static [Row<H>],
        method: &str,
        segments: &[String],
        refusal: fn(u16) -> Reply,
    ) -> Result<Self, Reply> {
        let fitting = rows.iter().find_map(|row| Some((row.1, ids(row.1, segments)?)));
        let (path, ids) = fitting.ok_or_else(|| refusal(404))?;
        let row = rows.iter().find(|row| (row.0, row.1) == (method, path));
        Ok(Self { row: row.ok_or_else(|| refusal(405))?, ids })
    }
}

fn ids(path: &str, segments: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&str> = path.split('/').collect();
    let is_name = |part: &str| part.starts_with('{');
    let mut pairs = parts.iter().zip(segments);
    if parts.len() != segments.len() || !pairs.all(|(part, segment)| is_name(part) || part == segment) {
        return None;
    }
    Some(
        parts
            .iter()
            .zip(segments)
            .filter(|(part, _)| is_name(part))
            .map(|(_, segment)| segment.clone())
            .collect(),
    )
}
