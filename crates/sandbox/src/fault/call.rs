//! Which requests a fault applies to.

use std::fmt;

use crate::wire::Incoming;

/// A kind of request, as far as the wire shows it.
///
/// One request can be several calls: Dintero's `GET /transactions/{id}` reads a payment, lists its refunds and reads one
/// of them, so it is [`Call::Payment`], [`Call::List`] and [`Call::Get`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// Every request, including unknown paths.
    Any,
    /// Every `GET`.
    Read,
    /// Dintero's token request.
    Token,
    /// Reading the payment: the transaction.
    Payment,
    /// Dintero's search for transactions by `merchant_reference`.
    Search,
    /// Listing the refunds of a payment or order, which is also how a client looks for its refund.
    List,
    /// Reading one refund.
    Get,
    /// Submitting a refund.
    Submit,
    /// Anything on an order of Dintero's Order Management.
    Orders,
    /// Recording a refund on an order: no money moves.
    Record,
    /// A method and a path as on the wire. `*` matches anything in the path; the method may be `*`.
    Route {
        /// For example `GET`.
        method: String,
        /// For example `/refunds/*`.
        path: String,
    },
}

/// The names in textual rules; `look` is an alias of `list`.
pub(super) const NAMES: &[(&str, Call)] = &[
    ("any", Call::Any),
    ("read", Call::Read),
    ("token", Call::Token),
    ("payment", Call::Payment),
    ("search", Call::Search),
    ("list", Call::List),
    ("look", Call::List),
    ("get", Call::Get),
    ("submit", Call::Submit),
    ("orders", Call::Orders),
    ("record", Call::Record),
];

impl Call {
    /// A method and a path, in which `*` matches anything.
    pub fn route(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self::Route { method: method.into(), path: path.into() }
    }

    pub(super) fn matches(&self, calls: &[Call], request: &Incoming) -> bool {
        match self {
            Self::Any => true,
            Self::Read => request.method == "GET",
            Self::Route { method, path } => {
                (method == "*" || *method == request.method) && fits(path, &request.path)
            }
            other => calls.contains(other),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Route { method, path } = self {
            return write!(f, "{method} {path}");
        }
        let name = NAMES.iter().find(|(_, call)| call == self);
        f.write_str(name.map_or("any", |(name, _)| name))
    }
}

/// Whether the text matches the pattern: the pieces between the stars in order, the outer two at the ends.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("/refunds/*", "/refunds/1", true),
            ("/refunds/*", "/refund/1", false),
            ("*", "/anything", true),
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("*/refunds", "/transactions/1/refunds", true),
            ("*/refunds", "/transactions/1/refunds/2", false),
            ("/transactions/*/refunds/*", "/transactions/1/refunds/2", true),
            ("/t/*/x/*/y", "/t/1/x/2/y", true),
            ("/t/*/x/*/y", "/t/1/x/2/z", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
