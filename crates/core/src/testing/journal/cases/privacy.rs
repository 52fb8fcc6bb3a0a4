//! Card numbers and e-mail addresses stay out of a journal.

use super::super::kit::{JournalKit, SECOND, amount, beside, listed, new_refund, request, unknown};
use crate::{
    journal::{About, Adopt, Query, Seen},
    testing::verdict::{Verdict, ensure, failed, ok, skipped},
};

/// A card number and an e-mail address in a careless caller's texts.
const CARD: &str = "4111 1111 1111 1111";
const EMAIL: &str = "kari.nordmann@example.com";

pub(crate) async fn private_data_is_not_read_back(kit: JournalKit<'_>) -> Verdict {
    let about = private(kit).await?;
    let entries =
        ok("entries", kit.journal.entries(&Query::all().of_scope(about.money.scope.clone())).await)?;
    let standing = kit.open(&about).await?;
    let json = serde_json::to_string(&entries).map_err(|error| failed(error.to_string()))?;
    ensure_private(format!("{json}{entries:?}{standing:?}").as_bytes(), "an entry")
}

pub(crate) async fn private_data_is_not_stored(kit: JournalKit<'_>) -> Verdict {
    let about = private(kit).await?;
    let bytes = kit.harness.bytes_at_rest().await;
    let bytes = bytes.ok_or_else(|| skipped("the harness has no bytes at rest"))?;
    let id = about.payment.as_str().as_bytes();
    let has_it = bytes.windows(id.len()).any(|window| window == id);
    ensure!(has_it, "the bytes at rest do not contain the payment");
    ensure_private(&bytes, "the storage")
}

/// Refunds with private data in every text field.
async fn private(kit: JournalKit<'_>) -> Verdict<About> {
    let text = format!("card {CARD} of {EMAIL}");
    let careless = |about: &About| {
        request(about, amount()).with_reason(text.clone()).with_metadata("note", text.clone())
    };
    let about = new_refund();
    let sent = kit.send_as(&about, |new| new.request = careless(&about)).await?;
    kit.settle(&sent, &unknown()).await?;
    let found = beside(&about);
    let adopt = Adopt::new(careless(&found), false, SECOND);
    let seen = [Seen::new(&found.payment, found.reference.clone(), listed("re_1")).adopted(adopt)];
    ok("observing", kit.journal.observe(&found.money, &seen, None).await)?;
    Ok(about)
}

fn ensure_private(bytes: &[u8], place: &str) -> Verdict {
    let bare = CARD.replace(' ', "");
    let local = EMAIL.split('@').next().unwrap_or(EMAIL);
    for secret in [CARD, bare.as_str(), EMAIL, local] {
        let shows = bytes.windows(secret.len()).any(|window| window.eq_ignore_ascii_case(secret.as_bytes()));
        ensure!(!shows, "{place} contains {secret:?}");
    }
    Ok(())
}
