//! Capabilities mean what they say: supported features work, unsupported ones are refused.

use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    CreateRefund,
    ErrorKind::{self, Config, InvalidRequest, NotRefundable, Protocol, Unauthenticated, Unsupported},
    Idempotency, PaymentId, Refund, RefundLine, RefundTarget, TargetKind, WebhookRequest,
    testing::{
        harness::changed,
        kit::{Kit, ask_money},
        verdict::{Verdict, ensure, failed, needs, ok, refused},
    },
};

/// The shortest key that holds a UUID, and so a derived reference.
const UUID_LEN: u16 = 36;
/// The client does not rely on a key in its last hour.
const SHORTEST_RETENTION: std::time::Duration = std::time::Duration::from_secs(3600);

pub(crate) async fn partial_means_less_than_the_whole(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let request = kit.ask(&payment, kit.third());
    if !kit.capabilities().partial {
        return not_offered(kit, "less than the whole", &request).await;
    }
    let refund = ok("a part of a payment", kit.client().create(&request).await)?;
    ensure!(
        refund.amount == kit.money(kit.third()),
        "a part was requested, but {} was refunded",
        refund.amount
    );
    kit.ensure_moved(&payment, kit.third(), "after a part").await
}

pub(crate) async fn multiple_means_more_than_one(kit: Kit<'_>) -> Verdict {
    kit.needs_partial()?;
    let payment = kit.captured(kit.whole()).await;
    kit.create(&payment, kit.third()).await?;
    let request = kit.ask(&payment, kit.third() + kit.step());
    let result = kit.client().create(&request).await;
    if kit.capabilities().multiple {
        ok("a second refund", result)?;
        return kit.ensure_moved(&payment, 2 * kit.third() + kit.step(), "after two").await;
    }
    refused("a second refund", result, &[Unsupported, NotRefundable])?;
    kit.ensure_moved(&payment, kit.third(), "after the refusal").await
}

pub(crate) async fn lines_mean_lines(kit: Kit<'_>) -> Verdict {
    if !kit.capabilities().lines {
        let (payment, minor) = kit.any().await;
        let request = kit.ask(&payment, minor).with_line(RefundLine::new("1", kit.money(minor)));
        return not_offered(kit, "order lines", &request).await;
    }
    let Some((payment, lines)) = kit.harness.lines(kit.whole()).await else {
        return Err(needs("a payment with order lines"));
    };
    let Some(line) = lines.first().cloned() else { return Err(needs("order lines")) };
    let reports_left = ensure_left(kit, &payment, &lines, "before a refund").await?;
    let off = ask_money(&payment, kit.money(line.amount.minor_units() + kit.step())).with_line(line.clone());
    refused("lines that do not add up", kit.client().create(&off).await, &[InvalidRequest])?;
    let request = ask_money(&payment, line.amount).with_line(line.clone());
    let refund = ok("a refund of a line", kit.client().create(&request).await)?;
    let reported = ok("getting it", kit.provider().get_refund(&payment, &refund.id).await)?;
    let listed = kit.listing(&payment).await?.refunds;
    let result = [&refund, &reported].into_iter().chain(&listed).flat_map(|refund| &refund.lines);
    let reported: Vec<_> = result.map(|line| (line.id.as_str(), line.amount)).collect();
    ensure!(reported.contains(&(&*line.id, line.amount)), "the line {} is not reported anywhere", line.id);
    let others = reported.iter().filter(|reported| **reported != (&*line.id, line.amount)).count();
    ensure!(others == 0, "lines are reported that were not requested: {reported:?}");
    if reports_left {
        ensure_left(kit, &payment, &lines[1..], "after the refund of a line").await?;
    }
    kit.ensure_moved(&payment, line.amount.minor_units(), "after a line").await
}

/// Whether the payment reports lines that can be refunded. Fails if those are not `lines`.
async fn ensure_left(kit: Kit<'_>, payment: &PaymentId, lines: &[RefundLine], when: &str) -> Verdict<bool> {
    let left = ok("reading the payment", kit.provider().payment(payment).await)?.refundable_lines;
    let left: Vec<_> = left.iter().map(|line| (&*line.id, line.amount)).collect();
    let is_left = |line: &RefundLine| left.contains(&(&*line.id, line.amount));
    ensure!(
        left.is_empty() || left.len() == lines.len() && lines.iter().all(is_left),
        "{when}: the refundable lines are {left:?}, expected {lines:?}"
    );
    Ok(!left.is_empty())
}

pub(crate) async fn gift_cards_mean_gift_cards(kit: Kit<'_>) -> Verdict {
    if !kit.capabilities().gift_cards {
        let (payment, minor) = kit.any().await;
        let target = RefundTarget::new(TargetKind::GiftCard, Some("card-1".into()));
        return not_offered(kit, "a gift card", &kit.ask(&payment, minor).with_target(target)).await;
    }
    let Some((payment, target)) = kit.harness.gift_card(kit.whole()).await else {
        return Err(needs("a payment by gift card"));
    };
    let minor = kit.part();
    let request = kit.ask(&payment, minor).with_target(target.clone());
    let refund = ok("a refund to a gift card", kit.client().create(&request).await)?;
    let reported = ok("getting it", kit.provider().get_refund(&payment, &refund.id).await)?;
    ensure!(
        reported.target.as_ref().is_some_and(|reported| reported.kind == target.kind),
        "it was refunded to a gift card, but the target is {:?}",
        reported.target
    );
    kit.ensure_moved(&payment, minor, "after a refund to a gift card").await
}

pub(crate) async fn metadata_means_metadata(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor).with_metadata("order", "42").with_metadata("clerk", "Åse");
    if !kit.capabilities().metadata {
        return not_offered(kit, "metadata", &request).await;
    }
    let refund = ok("a refund with metadata", kit.client().create(&request).await)?;
    let reported = ok("getting it", kit.provider().get_refund(&payment, &refund.id).await)?;
    for (key, value) in &request.metadata {
        let kept = [&refund, &reported].map(|refund| refund.metadata.get(key).and_then(Value::as_str));
        ensure!(kept.contains(&Some(value)), "metadata {key} = {value} came back as {kept:?}");
    }
    Ok(())
}

pub(crate) async fn options_mean_options(kit: Kit<'_>) -> Verdict {
    let options = kit.capabilities().options;
    for (at, name) in options.iter().enumerate() {
        let is_usable = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && c != '=');
        ensure!(is_usable, "the option {name:?} cannot be written as KEY=VALUE");
        ensure!(!options[..at].contains(name), "the option {name} is named twice");
    }
    let mut unknown = "unknown_option".to_owned();
    while options.contains(&&*unknown) {
        unknown.push('_');
    }
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor).with_option(&unknown, "1");
    let before = kit.harness.requests().await;
    refused("an option that is not named", kit.client().create(&request).await, &[Unsupported])?;
    ensure!(kit.harness.requests().await == before, "an option that is not named: requests were sent first");
    kit.ensure_moved(&payment, 0, "after the refusal").await?;
    for name in options {
        let Some(value) = kit.harness.option(name) else { continue };
        let (payment, minor) = kit.any().await;
        let request = kit.ask(&payment, minor).with_option(*name, value);
        ok(&format!("a refund with the option {name}"), kit.client().create(&request).await)?;
        kit.ensure_moved(&payment, minor, "after a refund with an option").await?;
    }
    Ok(())
}

pub(crate) async fn an_unsigned_webhook_is_refused(kit: Kit<'_>) -> Verdict {
    let (payment, _) = kit.any().await;
    let body = format!("{{\"id\":\"{payment}\",\"event\":\"refund\"}}");
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    let request =
        WebhookRequest::new("POST", "https://shop.example/hooks", headers, body, OffsetDateTime::UNIX_EPOCH);
    let provider = kit.provider();
    match provider.verify_webhook(&request) {
        Ok(notice) => Err(failed(format!("an unsigned webhook is verified: {notice:?}"))),
        Err(error) if kit.capabilities().webhooks => {
            if error.kind() == Config {
                return Err(needs("an adapter with a webhook secret"));
            }
            ensure!(
                !error.may_have_applied(),
                "a webhook moves nothing, but the error says it may have applied: {error}"
            );
            Ok(())
        }
        Err(error) => {
            // `Config` is for an adapter that supports webhooks but has no secret.
            let kinds = [Unsupported, Config];
            ensure!(kinds.contains(&error.kind()), "webhooks are not supported, but the error is: {error}");
            Ok(())
        }
    }
}

pub(crate) async fn a_genuine_webhook_is_verified(kit: Kit<'_>) -> Verdict {
    let (refund, request) = webhook(kit).await?;
    let notice = ok("a genuine webhook", kit.client().verify_webhook(&request))?;
    ensure!(notice.provider == kit.harness.name(), "the notice names {:?}", notice.provider);
    ensure!(notice.payment_id == refund.payment_id, "the notice is about payment {}", notice.payment_id);
    let reported = notice.refund_id.as_ref();
    ensure!(
        reported.is_none_or(|reported| *reported == refund.id),
        "the notice is about refund {reported:?} instead of {}",
        refund.id
    );
    Ok(())
}

pub(crate) async fn an_altered_webhook_is_refused(kit: Kit<'_>) -> Verdict {
    let (refund, genuine) = webhook(kit).await?;
    let (payment, minor) = kit.any().await;
    let other = kit.create(&payment, minor).await?;
    let provider = kit.provider();
    let verify = |request: &WebhookRequest| {
        let mut notice = provider.verify_webhook(request)?;
        // It may be in a header that is not signed.
        notice.delivery_id = None;
        Ok(notice)
    };
    let notice = ok("a genuine webhook", verify(&genuine))?;
    let mut signed = false;
    for Altered { what, request, content, harmless } in alterations(&genuine, &refund, &other) {
        match verify(&request) {
            // No provider signs everything. What is not signed must not change the notice.
            Ok(reported) => ensure!(
                harmless && reported == notice,
                "a webhook with {what} is verified: {reported:?}; the genuine one gives {notice:?}"
            ),
            reported => {
                let kinds = [Unauthenticated, InvalidRequest, Protocol];
                let error = refused(&format!("a webhook with {what}"), reported, &kinds)?;
                // Any other error may be about the content.
                signed |= content && error.kind() == Unauthenticated;
            }
        }
    }
    ensure!(signed, "neither the body nor the URL of a webhook is signed");
    Ok(())
}

/// A webhook that was changed on the way.
struct Altered {
    /// What it has instead.
    what: String,
    request: WebhookRequest,
    /// Whether its body or its URL was changed, with the headers as they were.
    content: bool,
    /// Whether a right adapter may accept it, if the notice stays the same: the signature may be elsewhere, or
    /// over the parsed content.
    harmless: bool,
}

fn alterations(genuine: &WebhookRequest, of: &Refund, other: &Refund) -> Vec<Altered> {
    let swapped = about(genuine, of, other);
    let names: Vec<_> = genuine.headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    let bare = |mut request: WebhookRequest| {
        request.headers.clear();
        request
    };
    let forged = |mut request: WebhookRequest| {
        request.headers.iter_mut().for_each(|(_, value)| *value = changed(value));
        request
    };
    let altered = |what: String, request, content, harmless| Altered { what, request, content, harmless };
    // Without other ids to send, headers are the only place for a signature that the kit can show.
    let harmless = swapped.is_some();
    let mut all = vec![
        altered(format!("none of its headers ({names})"), bare(genuine.clone()), false, harmless),
        altered(format!("other values of its headers ({names})"), forged(genuine.clone()), false, harmless),
    ];
    if let Some((parts, swapped)) = swapped {
        let ids = format!("another refund's ids in its {parts}");
        all.push(altered(format!("{ids} and no headers"), bare(swapped.clone()), false, false));
        all.push(altered(
            format!("{ids} and other headers ({names})"),
            forged(swapped.clone()),
            false,
            false,
        ));
        all.push(altered(ids, swapped, true, false));
    }
    let mut changed = vec![genuine.clone(); 3];
    changed[0].body.push(b' ');
    match changed[1].body.first_mut() {
        Some(byte) => *byte ^= 1,
        None => changed[1].body.push(b'{'),
    }
    changed[2].url.push_str(if genuine.url.contains('?') { "&x=1" } else { "?x=1" });
    let what = ["a blank after its body", "another first byte of its body", "one more parameter in its URL"];
    all.extend(
        what.into_iter().zip(changed).map(|(what, request)| altered(what.to_owned(), request, true, true)),
    );
    all
}

/// The same webhook about another refund, and the parts of it that differ; `None` where it does not show the
/// ids as they are.
fn about(genuine: &WebhookRequest, of: &Refund, other: &Refund) -> Option<(&'static str, WebhookRequest)> {
    let swap = |text: &str| {
        let text = text.replace(of.payment_id.as_str(), other.payment_id.as_str());
        text.replace(of.id.as_str(), other.id.as_str())
    };
    let mut swapped = genuine.clone();
    swapped.url = swap(&genuine.url);
    if let Ok(body) = std::str::from_utf8(&genuine.body) {
        swapped.body = swap(body).into();
    }
    let parts = match (swapped.body != genuine.body, swapped.url != genuine.url) {
        (true, true) => "body and URL",
        (true, false) => "body",
        (false, true) => "URL",
        (false, false) => return None,
    };
    Some((parts, swapped))
}

pub(crate) async fn a_webhook_out_of_time_is_refused(kit: Kit<'_>) -> Verdict {
    let (_, genuine) = webhook(kit).await?;
    let Some(tolerance) = kit.harness.webhook_tolerance() else {
        return Err(needs("webhooks whose signature has a time"));
    };
    let tolerance = time::Duration::try_from(tolerance).unwrap_or(time::Duration::MAX);
    let (hour, year) = (time::Duration::HOUR, time::Duration::days(365));
    let beyond = [("late", hour), ("early", hour), ("a year late", year)];
    for (when, by) in beyond.map(|(when, by)| (when, tolerance.saturating_add(by))) {
        let mut request = genuine.clone();
        let at = if when == "early" {
            request.received_at.checked_sub(by)
        } else {
            request.received_at.checked_add(by)
        };
        let Some(at) = at else { continue };
        request.received_at = at;
        let reported = kit.provider().verify_webhook(&request);
        refused(&format!("a webhook that arrives {when}"), reported, &[Unauthenticated, InvalidRequest])?;
    }
    Ok(())
}

pub(crate) async fn the_keys_limits_are_usable(kit: Kit<'_>) -> Verdict {
    let Idempotency::Key(key) = kit.capabilities().idempotency else {
        return Err(needs("a provider with an idempotency key"));
    };
    ensure!(key.max_length >= UUID_LEN, "a key of {} characters is too short for a UUID", key.max_length);
    let honoured = kit.key_honoured();
    ensure!(
        !honoured || key.retention > SHORTEST_RETENTION,
        "a key that is remembered for {:?} cannot be relied on",
        key.retention
    );
    let (payment, minor) = kit.any().await;
    let mut request = kit.ask(&payment, minor);
    let longest = "k".repeat(key.max_length.min(255).into());
    request.reference = ok("a reference", crate::Reference::new(longest))?;
    ok("a refund under the longest key", kit.client().create(&request).await)?;
    Ok(())
}

/// A refund, and the genuine webhook about it.
async fn webhook(kit: Kit<'_>) -> Verdict<(Refund, WebhookRequest)> {
    if !kit.capabilities().webhooks {
        return Err(needs("an adapter that verifies webhooks"));
    }
    let (payment, minor) = kit.any().await;
    let refund = kit.create(&payment, minor).await?;
    let request = kit.harness.webhook(&payment, &refund.id).await;
    let request = request.ok_or_else(|| needs("a genuine webhook"))?;
    Ok((refund, request))
}

/// A request for an unsupported feature is refused before anything moves.
async fn not_offered(kit: Kit<'_>, what: &str, request: &CreateRefund) -> Verdict {
    let kinds: &[ErrorKind] = &[Unsupported, InvalidRequest];
    refused(&format!("{what}, which is not supported"), kit.client().create(request).await, kinds)?;
    kit.ensure_moved(&request.payment_id, 0, "after the refusal").await
}
