//! The protocol, over a file and across processes.

use refunds_core::{
    Journal, MemoryJournal,
    journal::{Intended, IntentState, Outcome, Query, Why},
};

use crate::common::{File, about, intend, intent, is_made, key};

#[tokio::test]
async fn a_refund_that_was_made_is_known_after_a_restart() {
    let file = File::new();
    let about = about("p-1", "r-1");
    let journal = file.open();
    let intent = intend(&journal, &about).await;
    drop(journal);
    let journal = file.open();
    let standing = journal.open(&about).await.unwrap();
    assert_eq!(standing.mine.unwrap().intents, [intent.clone()]);
    journal.settle(&key(&about, &intent), &is_made("id-1")).await.unwrap();
    drop(journal);
    let mine = file.open().open(&about).await.unwrap().mine.unwrap();
    assert_eq!(mine.made.unwrap().id.as_str(), "id-1");
    assert_eq!(mine.intents[0].state, IntentState::Made);
}
