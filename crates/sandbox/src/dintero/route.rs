//! The paths, and the scopes that they need.

use super::{Dintero, error};
use crate::{
    fault::Call,
    route,
    wire::{Answer, Incoming, Reply},
};

type Handler = fn(&Dintero, &Incoming, &[String]) -> Answer;
pub(super) type Route = route::Route<Handler>;

const ORDER_READ: &[Call] = &[Call::Orders];
const ROUTES: [route::Row<Handler>; 19] = [
    ("POST", "accounts/{account}/auth/token", Dintero::token, &[Call::Token]),
    ("GET", "transactions", Dintero::search, &[Call::Search]),
    ("GET", "transactions/{id}", Dintero::transaction, &[Call::Payment, Call::List, Call::Get]),
    ("POST", "transactions/{id}/refund", Dintero::refund, &[Call::Submit]),
    ("GET", "accounts/{account}/shopping/orders/{id}", Dintero::order, ORDER_READ),
    ("GET", "accounts/{account}/shopping/orders/{id}/authorizations", Dintero::order_list, ORDER_READ),
    ("GET", "accounts/{account}/shopping/orders/{id}/captures", Dintero::order_list, ORDER_READ),
    (
        "GET",
        "accounts/{account}/shopping/orders/{id}/refunds",
        Dintero::order_list,
        &[Call::Orders, Call::List, Call::Get],
    ),
    (
        "POST",
        "accounts/{account}/shopping/orders/{id}/refunds",
        Dintero::record,
        &[Call::Orders, Call::Record],
    ),
    (
        "GET",
        "accounts/{account}/shopping/orders/{id}/refunds/{refund}",
        Dintero::order_refund,
        &[Call::Orders, Call::Get],
    ),
    ("GET", "admin/signature", Dintero::signature, &[]),
    ("POST", "admin/signature", Dintero::signature, &[]),
    ("POST", "accounts/{account}/hooks/subscriptions", Dintero::create_hook, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions", Dintero::list_hooks, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions/{id}", Dintero::read_hook, &[]),
    ("DELETE", "accounts/{account}/hooks/subscriptions/{id}", Dintero::delete_hook, &[]),
    ("POST", "accounts/{account}/hooks/subscriptions/{id}/ping", Dintero::ping_hook, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions/{id}/deliveries", Dintero::list_deliveries, &[]),
    ("GET", "accounts/{account}/hooks/subscriptions/{id}/deliveries/{delivery}", Dintero::read_delivery, &[]),
];

impl Route {
    pub(super) fn of_request(request: &Incoming) -> Result<Self, Reply> {
        let mut segments = request.segments();
        let skipped = match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            // The account-scoped base of the payments API, besides the one on the checkout host. A transaction's id
            // contains its account, so the account in the path has no effect.
            ["v1", "accounts", _, "payments", "transactions", ..] => 4,
            ["v1", ..] => 1,
            _ => return Err(error::not_found()),
        };
        segments.drain(..skipped);
        Self::of(&ROUTES, &request.method, &segments, error::of_status)
    }

    /// The scopes, any one of which is sufficient; none for the token itself.
    pub(super) fn scopes(&self) -> Option<[String; 2]> {
        let (method, path, ..) = self.row;
        let area = match path.split('/').collect::<Vec<_>>().as_slice() {
            [_, _, "auth", ..] => return None,
            ["accounts", _, "shopping", ..] => "shopping",
            ["accounts", _, "hooks", ..] => "hooks",
            _ => "checkout",
        };
        let right = if *method == "GET" && *path != "admin/signature" { "read" } else { "write" };
        Some([format!("admin:{area}"), format!("{right}:{area}")])
    }

    /// The account in the path, if it has one.
    pub(super) fn account(&self) -> Option<&String> {
        self.ids.first().filter(|_| self.row.1.starts_with("accounts/"))
    }
}
