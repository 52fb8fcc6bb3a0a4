//! An intent is closed as absent only by a complete list that does not show its refund, also where it is
//! the call of another reference that looks.

use crate::crash::support::{At, Goal, Incident, Kind, Process, Reads, Submission, World, journal};

#[tokio::test(start_paused = true)]
async fn what_a_list_shows_is_not_closed_by_another_refund_where_it_could_not_be_stored() {
    let world = World::new(Kind::NoKey, 1000, &[]);
    let journal = journal(&world);
    let (a, b) = (world.request(100, "a"), world.request(200, "b"));
    // Refund a is made, and its process dies before it learns of it.
    let dead = Process::with_incident(&world, &journal, At::Submission, Incident::DiesAfter);
    assert!(Goal::Create.call(&dead, &a).await.is_none());
    world.let_all_times_pass().await;
    // The call of b sees it, and the journal cannot store that.
    let other = Process::with_incident(&world, &journal, At::Observation, Incident::FailsBefore);
    assert!(Goal::Create.call(&other, &b).await.unwrap().is_ok());
    // The provider cannot be read when a is requested again: nothing is known but what the journal says.
    world.reads_are(Reads::Fail);
    let process = Process::healthy(&world, &journal);
    let result = Goal::Create.call(&process, &a).await.unwrap();
    world.check(&a, &result, "a is made").await;
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_list_closes_nothing_where_a_request_is_repeated_with_its_key() {
    let world =
        World::new(Kind::Key, 1000, &[Submission::MadeAndLostAndNotListedYet, Submission::LostBefore]);
    let journal = journal(&world);
    let (a, b) = (world.request(100, "a"), world.request(200, "b"));
    let dead = || Process::with_incident(&world, &journal, At::Submission, Incident::DiesAfter);
    // Refund a is made and not listed yet, and its process dies before it learns of it; that of b dies
    // as well.
    assert!(Goal::Create.call(&dead(), &a).await.is_none());
    assert!(Goal::Create.call(&dead(), &b).await.is_none());
    world.let_all_times_pass().await;
    // The request of b is repeated with its key, after a list that is not complete.
    world.reads_are(Reads::Incomplete);
    let process = Process::healthy(&world, &journal);
    let result = Goal::Create.call(&process, &b).await.unwrap();
    world.check(&b, &result, "b is repeated").await;
    world.reads_are(Reads::Fail);
    let result = Goal::Create.call(&process, &a).await.unwrap();
    world.check(&a, &result, "a is made").await;
}
