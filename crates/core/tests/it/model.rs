//! The creation of a refund, explored exhaustively to a small depth.
//!
//! The real client runs against an abstract provider whose every response is a choice. The explorer
//! takes every sequence of choices up to a depth, and after each run compares the caller's result
//! with the provider's refunds. Then the world heals and the caller repeats the request.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use refunds_core::{
    Capabilities, Certainty, CreateRefund, Error, ErrorKind, Idempotency, IdempotencyKey, Money, Page,
    PageRequest, Payment, PaymentId, Policy, Reference, References, Refund, RefundAmount, RefundClient,
    RefundId, RefundProvider, RefundStatus, Replay, Result, SubmitRefund,
};

/// After any request can still take effect.
const AFTER_ALL: Duration = Duration::from_secs(700);

/// The possible outcomes of a submission.
#[derive(Clone, Copy, Debug)]
enum Submission {
    Made,
    MadeAndLost,
    MadeLateAndLost,
    LostBeforeIt,
    MadeAndUnavailable,
    Unavailable,
    Unreadable,
    NeverSent,
    RateLimited,
    Refused,
    UnderWayElsewhere,
    Altered,
}

const SUBMISSIONS: [Submission; 12] = [
    Submission::Made,
    Submission::MadeAndLost,
    Submission::MadeLateAndLost,
    Submission::LostBeforeIt,
    Submission::MadeAndUnavailable,
    Submission::Unavailable,
    Submission::Unreadable,
    Submission::NeverSent,
    Submission::RateLimited,
    Submission::Refused,
    Submission::UnderWayElsewhere,
    Submission::Altered,
];

/// The possible outcomes of a read.
#[derive(Clone, Copy, Debug)]
enum Read {
    Answered,
    /// A response from a replica without the newest refund.
    Stale,
    Failed,
}

const READS: [Read; 3] = [Read::Answered, Read::Stale, Read::Failed];

/// One path through the tree of choices, replayed and then moved to the next.
#[derive(Debug, Default)]
struct Path {
    taken: Vec<(usize, usize)>,
    position: usize,
    depth: usize,
    healed: bool,
    log: String,
}

impl Path {
    fn choose<T: Copy + std::fmt::Debug>(&mut self, of: &[T]) -> T {
        if self.healed || self.position == self.depth {
            return of[0];
        }
        if self.position == self.taken.len() {
            self.taken.push((0, of.len()));
        }
        let choice = of[self.taken[self.position].0];
        self.position += 1;
        let _ = write!(self.log, " {choice:?}");
        choice
    }

    /// Moves to the next path; false when the tree is done.
    fn advance(&mut self) -> bool {
        self.position = 0;
        self.healed = false;
        self.log.clear();
        while let Some((taken, of)) = self.taken.pop() {
            if taken + 1 < of {
                self.taken.push((taken + 1, of));
                return true;
            }
        }
        false
    }
}

/// What the provider does with a known reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// It makes another refund.
    #[default]
    NoKey,
    /// It returns the refund.
    Key,
    /// It refuses it.
    KeyRefused,
    /// It makes another refund, unless the request names the existing one, which needs a second step.
    Steps,
}

impl Kind {
    fn honours_a_key(self) -> bool {
        matches!(self, Self::Key | Self::KeyRefused)
    }
}

#[derive(Debug, Default)]
struct World {
    path: Path,
    /// What was made, each with whether reads see it yet.
    made: Vec<(Reference, bool)>,
    /// Made by the provider after the connection has ended.
    late: Option<Reference>,
    kind: Kind,
    /// Whether the remaining step was done.
    finished: bool,
    submissions: u32,
    ambiguous_before: bool,
    blind: bool,
}

impl World {
    fn make(&mut self, reference: &Reference) {
        if self.kind.honours_a_key() && self.made.iter().any(|(made, _)| made == reference) {
            return;
        }
        self.made.push((reference.clone(), true));
    }
}

#[derive(Clone, Debug)]
struct Abstract(Arc<Mutex<World>>);

fn nok(minor: i64) -> Money {
    Money::new(minor, "NOK".parse().unwrap())
}

fn refund(payment: &PaymentId, index: usize, reference: &Reference, amount: i64) -> Refund {
    let id = RefundId::new(format!("r-{index}")).unwrap();
    let mut refund =
        Refund::new("abstract", id, payment.clone(), RefundStatus::Succeeded, "made", nok(amount));
    refund.reference = Some(reference.clone());
    refund
}

impl Abstract {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    fn read(&self) -> Result<bool> {
        let mut world = self.world();
        // Pending requests are processed between our reads.
        if let Some(reference) = world.late.take() {
            world.make(&reference);
        }
        match world.path.choose(&READS) {
            Read::Answered => Ok(true),
            Read::Stale => Ok(false),
            Read::Failed => Err(Error::new(ErrorKind::Unavailable, "503")),
        }
    }
}

#[async_trait]
impl RefundProvider for Abstract {
    fn name(&self) -> &'static str {
        "abstract"
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.partial = true;
        capabilities.multiple = true;
        capabilities.references = References::Reported;
        let kind = self.world().kind;
        if kind.honours_a_key() {
            let (retention, replay) = match kind {
                Kind::KeyRefused => (Duration::MAX, Replay::Refused),
                _ => (Duration::from_secs(86400), Replay::CurrentState),
            };
            let key = IdempotencyKey::new(255, retention, replay, Certainty::Guaranteed);
            capabilities.idempotency = Idempotency::Key(key);
        }
        capabilities
    }

    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        let made = i64::try_from(self.world().made.len()).unwrap();
        Payment::new("abstract", payment.clone(), nok(1000), nok(100 * made), nok(0))
    }

    async fn list_refunds(&self, payment: &PaymentId, _: &PageRequest) -> Result<Page<Refund>> {
        let fresh = self.read()?;
        let world = self.world();
        let seen = world.made.iter().enumerate().filter(|(_, (_, visible))| fresh && *visible);
        let left = world.kind == Kind::Steps && !world.finished;
        let reported = seen.map(|(n, (reference, _))| {
            let refund = refund(payment, n, reference, 100);
            if left { refund.with_needs_completion() } else { refund }
        });
        Ok(Page::whole(reported.collect()))
    }

    async fn get_refund(&self, payment: &PaymentId, id: &RefundId) -> Result<Refund> {
        let fresh = self.read()?;
        let world = self.world();
        let left = world.kind == Kind::Steps && !world.finished;
        let mut seen = world.made.iter().enumerate().filter(|_| fresh);
        let found = seen.find_map(|(n, (reference, _))| {
            let refund = refund(payment, n, reference, 100);
            (refund.id == *id).then_some(if left { refund.with_needs_completion() } else { refund })
        });
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "no such refund"))
    }

    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        let mut world = self.world();
        world.submissions += 1;
        world.blind |= world.ambiguous_before && !world.kind.honours_a_key() && submit.completing.is_none();
        let reference = &submit.request.reference;
        let choice = world.path.choose(&SUBMISSIONS);
        let lost = || Err(Error::new(ErrorKind::Timeout, "no response"));
        let refused = |kind| Err(Error::new(kind, "refused").not_applied());
        let known = world.made.iter().any(|(made, _)| made == reference);
        match choice {
            // The step moves no money, whatever its outcome.
            Submission::Made if submit.completing.is_some() => {
                world.finished = true;
                Ok(refund(&submit.request.payment_id, 0, reference, 100))
            }
            Submission::MadeAndLost | Submission::MadeLateAndLost | Submission::MadeAndUnavailable
                if submit.completing.is_some() =>
            {
                world.finished = true;
                lost()
            }
            Submission::Unreadable | Submission::Altered if submit.completing.is_some() => {
                Err(Error::new(ErrorKind::Protocol, "not JSON"))
            }
            Submission::Made | Submission::Altered if known && world.kind == Kind::KeyRefused => {
                refused(ErrorKind::Conflict)
            }
            Submission::Made | Submission::Altered => {
                world.make(reference);
                let amount = if matches!(choice, Submission::Made) { 100 } else { 101 };
                let index = world.made.iter().position(|(made, _)| made == reference).unwrap();
                Ok(refund(&submit.request.payment_id, index, reference, amount))
            }
            Submission::NeverSent => refused(ErrorKind::Transport),
            Submission::RateLimited => refused(ErrorKind::RateLimited),
            Submission::Refused => refused(ErrorKind::NotRefundable),
            // Another request holds the key, which only a provider with keys can report; it is
            // the same refund, made by the other.
            Submission::UnderWayElsewhere if world.kind.honours_a_key() => {
                world.late = Some(reference.clone());
                Err(Error::new(ErrorKind::Conflict, "in flight").with_retryable(true).not_applied())
            }
            Submission::MadeAndLost => {
                world.make(reference);
                world.ambiguous_before = true;
                lost()
            }
            Submission::MadeLateAndLost => {
                world.late = Some(reference.clone());
                world.ambiguous_before = true;
                lost()
            }
            Submission::MadeAndUnavailable => {
                world.make(reference);
                world.ambiguous_before = true;
                Err(Error::new(ErrorKind::Unavailable, "503"))
            }
            Submission::LostBeforeIt | Submission::UnderWayElsewhere => {
                world.ambiguous_before = true;
                lost()
            }
            Submission::Unavailable => {
                world.ambiguous_before = true;
                Err(Error::new(ErrorKind::Unavailable, "503"))
            }
            Submission::Unreadable => {
                world.make(reference);
                world.ambiguous_before = true;
                Err(Error::new(ErrorKind::Protocol, "not JSON"))
            }
        }
    }
}

/// Runs every path; returns how many there were and how many ended in each way.
async fn explore(depth: usize, kind: Kind) -> (usize, [usize; 3]) {
    let provider = Abstract(Arc::default());
    provider.world().path.depth = depth;
    let policy = {
        let mut policy = Policy::default();
        policy.base_delay = Duration::from_millis(1);
        policy.max_delay = Duration::from_millis(1);
        policy.settle_timeout = Duration::from_millis(1);
        policy.jitter_seed = Some(7);
        policy
    };
    let request = CreateRefund::new(
        PaymentId::new("p-1").unwrap(),
        RefundAmount::Exact(nok(100)),
        Reference::new("rma-551").unwrap(),
    );
    let (mut paths, mut ends) = (0, [0; 3]);
    loop {
        paths += 1;
        {
            let mut world = provider.world();
            world.made.clear();
            world.late = None;
            (world.kind, world.finished, world.submissions) = (kind, false, 0);
            (world.ambiguous_before, world.blind) = (false, false);
        }
        // A process with a journal of its own for each path.
        let client = RefundClient::new(provider.clone()).with_policy(policy.clone());
        let result = client.create(&request).await;
        let (made, under_way, path) = {
            let world = provider.world();
            (world.made.len(), world.late.is_some() && world.made.is_empty(), world.path.log.clone())
        };
        assert!(!provider.world().blind, "a second blind submission:{path}");
        assert!(made + usize::from(under_way) <= 1, "{made} refunds were made:{path}");
        match &result {
            Ok(refund) => {
                ends[0] += 1;
                assert_eq!((made, refund.reference.as_ref()), (1, Some(&request.reference)), "{path}");
            }
            Err(error) if error.may_have_applied() => {
                ends[1] += 1;
                assert!(error.unresolved().is_some(), "nothing to resolve it with: {error}:{path}");
            }
            Err(error) => {
                ends[2] += 1;
                assert_eq!((made, under_way), (0, false), "the error is {error}:{path}");
            }
        }
        // Repeated in the same world: a refusal proves nothing.
        if kind == Kind::KeyRefused && result.is_ok() {
            let again = client.create(&request).await;
            let path = provider.world().path.log.clone();
            assert_eq!(provider.world().made.len(), 1, "{path}");
            if let Err(error) = again {
                let untrue = error.kind() == ErrorKind::Conflict && !error.may_have_applied();
                assert!(!untrue, "it was made, but the error is {error}:{path}");
            }
        }
        // The world heals, pending requests are processed, and the caller repeats the request.
        {
            let mut world = provider.world();
            world.path.healed = true;
            if let Some(reference) = world.late.take() {
                world.make(&reference);
            }
        }
        tokio::time::advance(AFTER_ALL).await;
        let unresolved = result.as_ref().err().and_then(|error| error.unresolved().cloned());
        let again = match (&unresolved, paths % 2) {
            (Some(unresolved), 0) => client.resolve(unresolved).await,
            _ => client.create(&request).await,
        };
        assert!(again.is_ok(), "{:?} after {result:?}:{path}", again.unwrap_err());
        assert_eq!(provider.world().made.len(), 1, "after {result:?}:{path}");
        if !provider.world().path.advance() {
            return (paths, ends);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_path_makes_a_refund_twice_or_reports_an_untruth() {
    for (kind, depth) in [(Kind::NoKey, 5), (Kind::Key, 6), (Kind::KeyRefused, 6), (Kind::Steps, 6)] {
        let (paths, [made, unknown, not_made]) = explore(depth, kind).await;
        println!(
            "{kind:?}, depth {depth}: {paths} paths; {made} made, {unknown} unknown, {not_made} not made"
        );
        assert!(paths > 200 && made > 0 && unknown > 0 && not_made > 0, "the tree was walked");
    }
}
