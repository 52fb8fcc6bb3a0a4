//! The paths and the scopes that they need.

use super::error;
use crate::{
    fault::Call,
    wire::{Incoming, Reply},
};

#[derive(Debug)]
pub(super) enum Route {
    Token { account: String },
    Transaction { id: String },
    Transactions,
    Refund { transaction: String },
    Order { account: String, id: String },
    OrderList { account: String, id: String, list: List },
    OrderRefund { account: String, id: String, refund: String },
    Record { account: String, id: String },
    Signature,
    Hooks { account: String, hook: Hook },
}

/// The calls about hook subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hook {
    Create,
    All,
    Get(String),
    Delete(String),
    Ping(String),
    Deliveries(String),
    Delivery(String, String),
}

/// The lists of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Authorizations,
    Captures,
    Refunds,
}

impl Route {
    pub(super) fn of(request: &Incoming) -> Result<Self, Reply> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        let path = match segments.as_slice() {
            ["v1", "accounts", account, "auth", "token"] => {
                let account = (*account).to_owned();
                return only(method, "POST", Self::Token { account });
            }
            ["v1", "accounts", account, "shopping", "orders", id, rest @ ..] => {
                return order(method, account, id, rest);
            }
            ["v1", "accounts", account, "hooks", "subscriptions", rest @ ..] => {
                let hook = hook(method, rest)?;
                return Ok(Self::Hooks { account: (*account).to_owned(), hook });
            }
            ["v1", "admin", "signature"] => {
                let is_known = matches!(method, "GET" | "POST");
                return if is_known { Ok(Self::Signature) } else { Err(error::of_status(405)) };
            }
            // The account-scoped base of the payments API, besides the one on the checkout host. A transaction's id
            // contains its account, so the account in the path has no effect.
            ["v1", "accounts", _, "payments", rest @ ..] | ["v1", rest @ ..] => rest,
            _ => return Err(error::of_status(404)),
        };
        match path {
            ["transactions"] => only(method, "GET", Self::Transactions),
            ["transactions", id] => {
                let id = (*id).to_owned();
                only(method, "GET", Self::Transaction { id })
            }
            ["transactions", id, "refund"] => {
                let transaction = (*id).to_owned();
                only(method, "POST", Self::Refund { transaction })
            }
            _ => Err(error::of_status(404)),
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        match self {
            Self::Token { .. } => vec![Call::Token],
            Self::Transaction { .. } => vec![Call::Payment, Call::List, Call::Get],
            Self::Transactions => vec![Call::Search],
            Self::Refund { .. } => vec![Call::Submit],
            Self::OrderList { list: List::Refunds, .. } => vec![Call::Orders, Call::List, Call::Get],
            Self::OrderRefund { .. } => vec![Call::Orders, Call::Get],
            Self::Order { .. } | Self::OrderList { .. } => vec![Call::Orders],
            Self::Record { .. } => vec![Call::Orders, Call::Record],
            Self::Signature | Self::Hooks { .. } => Vec::new(),
        }
    }

    /// The scopes, any one of which is sufficient; none for the token itself.
    pub(super) fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Token { .. } => &[],
            Self::Transaction { .. } | Self::Transactions => &["admin:checkout", "read:checkout"],
            Self::Refund { .. } | Self::Signature => &["admin:checkout", "write:checkout"],
            Self::Order { .. } | Self::OrderList { .. } | Self::OrderRefund { .. } => {
                &["admin:shopping", "read:shopping"]
            }
            Self::Record { .. } => &["admin:shopping", "write:shopping"],
            Self::Hooks { hook, .. } => match hook {
                Hook::Create | Hook::Delete(_) | Hook::Ping(_) => &["admin:hooks", "write:hooks"],
                Hook::All | Hook::Get(_) | Hook::Deliveries(_) | Hook::Delivery(..) => {
                    &["admin:hooks", "read:hooks"]
                }
            },
        }
    }

    /// The account in the path, if the token must be for it.
    pub(super) fn account(&self) -> Option<&str> {
        match self {
            Self::Order { account, .. }
            | Self::OrderList { account, .. }
            | Self::OrderRefund { account, .. }
            | Self::Record { account, .. }
            | Self::Hooks { account, .. } => Some(account),
            _ => None,
        }
    }
}

fn order(method: &str, account: &str, id: &str, rest: &[&str]) -> Result<Route, Reply> {
    let (account, id) = (account.to_owned(), id.to_owned());
    let list = match rest {
        [] => return only(method, "GET", Route::Order { account, id }),
        ["refunds"] if method == "POST" => return Ok(Route::Record { account, id }),
        ["refunds"] => List::Refunds,
        ["captures"] => List::Captures,
        ["authorizations"] => List::Authorizations,
        ["refunds", refund] => {
            let refund = (*refund).to_owned();
            let route = Route::OrderRefund { account, id, refund };
            return only(method, "GET", route);
        }
        _ => return Err(error::of_status(404)),
    };
    only(method, "GET", Route::OrderList { account, id, list })
}

fn hook(method: &str, rest: &[&str]) -> Result<Hook, Reply> {
    let text = |text: &str| text.to_owned();
    match (method, rest) {
        ("POST", []) => Ok(Hook::Create),
        ("GET", []) => Ok(Hook::All),
        ("GET", [id]) => Ok(Hook::Get(text(id))),
        ("DELETE", [id]) => Ok(Hook::Delete(text(id))),
        ("POST", [id, "ping"]) => Ok(Hook::Ping(text(id))),
        ("GET", [id, "deliveries"]) => Ok(Hook::Deliveries(text(id))),
        ("GET", [id, "deliveries", delivery]) => Ok(Hook::Delivery(text(id), text(delivery))),
        (_, [] | [_] | [_, "ping" | "deliveries"] | [_, "deliveries", _]) => Err(error::of_status(405)),
        _ => Err(error::of_status(404)),
    }
}

fn only(method: &str, expected: &str, route: Route) -> Result<Route, Reply> {
    if method == expected { Ok(route) } else { Err(error::of_status(405)) }
}
