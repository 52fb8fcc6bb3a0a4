//! The real command, killed, stopped and short of disk space at random moments, and run again to the
//! end: every reference has exactly one refund in the sandbox's ledger, and nothing untrue was said.
//!
//! The short version runs with all tests. The long one kills 500 times and prints what it hit:
//!
//! ```text
//! KILLS=500 cargo test -p refunds-cli --test it kill -- --nocapture
//! ```
//!
//! Seeds are printed; `SEED=…` replays the moments, as far as processes have them in common.
#![cfg(unix)]

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Mutex,
    time::Duration,
};

use refunds_core::{Clock as _, SystemClock};
use refunds_sandbox::{Sandbox, mattilda::IdempotencyMode};
use rustix::process::Signal;

use crate::common::{PROVIDERS, Ran, address, captured, command, create, file, run};

/// How many kills the short version makes, in all.
const FEW: usize = 20;
/// How many cases are under way at a time: they mostly wait.
const LANES: usize = 16;
/// A call that is killed has this long at most.
const LATEST: u64 = 130;
/// How long a call may take until its intent shows.
const INTENT_SHOWS: Duration = Duration::from_millis(500);
/// How often the journal is looked at for it.
const POLL: Duration = Duration::from_micros(100);
/// More calls than any case needs.
const ENOUGH: usize = 20;

/// What goes wrong at the providers meanwhile. What is late is so for less than `REFUNDS_RESUBMIT_AFTER`.
const FAULTS: [&str; 6] = [
    "submit:40%:process-late=1500ms",
    "submit:10%:process-then-silence",
    "submit:10%:process-then-drop",
    "submit:10%:drop-before",
    "submit:50%:latency=60ms",
    "read:10%:latency=40ms",
];

/// Random numbers, the same for the same seed.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

fn seed() -> u64 {
    let seed = env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    seed.unwrap_or_else(|| u64::from(std::process::id()))
}

/// What the kills hit.
#[derive(Debug, Default)]
struct Hits {
    kills: usize,
    /// Calls that had ended before.
    too_late: usize,
    /// Killed calls that left an intent open.
    open: usize,
    /// Killed calls whose refund was made nevertheless.
    made: usize,
    /// Calls until the end, without the killed ones.
    calls: usize,
    /// Of them, those that ended with exit status 5 and 6.
    transient: usize,
    unknown: usize,
}

/// When a call is killed or stopped.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after it began.
    After(Duration),
    /// So long after the intent showed in the journal: right before or after its request leaves.
    Intent(Duration),
}

impl Moment {
    fn random(random: &mut Random) -> Self {
        match random.below(4) {
            0 | 1 => Self::After(Duration::from_millis(random.below(LATEST))),
            2 => Self::Intent(Duration::from_millis(random.below(3))),
            // While it looks for what was lost.
            _ => Self::Intent(Duration::from_millis(random.below(300))),
        }
    }
}

/// Returns when the journal has another intent of the payment, or after a while.
fn wait_for_intent(journal: &Path, payment: &str) {
    let end = SystemClock.monotonic() + INTENT_SHOWS;
    let (mut connection, mut before) = (None, None);
    while SystemClock.monotonic() < end {
        if connection.is_none() && journal.exists() {
            connection = rusqlite::Connection::open(journal).ok();
        }
        let intents =
            "SELECT count(*) FROM intent JOIN refund ON refund.id = intent.refund WHERE payment = ?1";
        let count = connection
            .as_ref()
            .and_then(|open| open.query_row(intents, [payment], |row| row.get::<_, i64>(0)).ok());
        if let Some(count) = count
            && count > *before.get_or_insert(count)
        {
            return;
        }
        std::thread::sleep(POLL);
    }
}

/// A refund that is to be made once.
struct Case<'a> {
    sandbox: &'a Sandbox,
    provider: &'static str,
    payment: String,
    journal: PathBuf,
}

impl<'a> Case<'a> {
    fn new(sandbox: &'a Sandbox, provider: &'static str, journal: &str) -> Self {
        Self { sandbox, provider, payment: captured(sandbox, provider), journal: file(journal) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.sandbox, self.provider, arguments);
        command
            .env("REFUNDS_JOURNAL", address(&self.journal))
            .env("REFUNDS_MAX_ATTEMPTS", "3")
            .env("REFUNDS_ATTEMPT_TIMEOUT", "1s")
            .env("REFUNDS_SETTLE_TIMEOUT", "300ms")
            .env("REFUNDS_RESUBMIT_AFTER", "2s")
            .env("REFUNDS_TOTAL_TIMEOUT", "30s")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn create(&self) -> Command {
        self.command(&create(&self.payment, &self.payment))
    }

    fn resolve(&self) -> Command {
        self.command(&["resolve", "--yes", "--output", "json"])
    }

    fn made(&self) -> usize {
        self.sandbox.ledger().by_reference(&self.payment, &self.payment)
    }

    /// Whether the journal has an intent of the refund whose owner has not reported an outcome.
    fn has_open_intent(&self) -> bool {
        let list = ["journal", "list", "--unsettled", "--payment", &self.payment, "--output", "json"];
        let list = run(&mut self.command(&list)).ended(0).json();
        list.as_array().unwrap().iter().any(|entry| entry["state"] == "open")
    }

    /// Begins the command and kills it at some moment, unless it has ended before.
    async fn kill(&self, mut command: Command, moment: Moment, hits: &Mutex<Hits>) {
        let mut child = command.spawn().unwrap();
        self.wait_for(moment).await;
        let is_over = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        ended(child).await;
        let (is_open, is_made) = (!is_over && self.has_open_intent(), !is_over && self.made() > 0);
        let mut hits = hits.lock().unwrap();
        hits.kills += 1;
        hits.too_late += usize::from(is_over);
        hits.open += usize::from(is_open);
        hits.made += usize::from(is_made);
    }

    async fn wait_for(&self, moment: Moment) {
        match moment {
            Moment::After(delay) => tokio::time::sleep(delay).await,
            Moment::Intent(delay) => {
                let (journal, payment) = (self.journal.clone(), self.payment.clone());
                tokio::task::spawn_blocking(move || wait_for_intent(&journal, &payment)).await.unwrap();
                if !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
            }
        }
    }

    /// Runs the command until it is done, as a script would.
    async fn run_to_the_end(&self, command: impl Fn() -> Command, hits: &Mutex<Hits>) -> Ran {
        for _ in 0..ENOUGH {
            let ran = Ran::of(ended(command().spawn().unwrap()).await);
            let mut hits = hits.lock().unwrap();
            hits.calls += 1;
            match ran.status {
                0 => return ran,
                5 => hits.transient += 1,
                6 => hits.unknown += 1,
                _ => panic!("{} of {}: {ran:#?}", self.provider, self.payment),
            }
        }
        panic!("{} of {} does not come to an end", self.provider, self.payment);
    }

    /// There is one refund, over what was requested, and it is the one that the command shows.
    async fn is_made_once(&self, hits: &Mutex<Hits>) {
        let last = self.run_to_the_end(|| self.create(), hits).await.json();
        self.sandbox.deliver_late();
        assert_eq!(self.made(), 1, "{} of {}: {last}", self.provider, self.payment);
        let total = self.sandbox.ledger().total_refunded(&self.payment);
        assert_eq!(total, 14_950, "{} of {}", self.provider, self.payment);
        assert_eq!(last["reference"], self.payment.as_str());
        assert!(!self.has_open_intent(), "{} of {}", self.provider, self.payment);
    }
}

async fn ended(child: Child) -> Output {
    tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap()
}

fn signal(child: &Child, signal: Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).unwrap();
}

async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.mattilda().set_idempotency(IdempotencyMode::Ignored);
    sandbox
}

/// Creates, each killed up to three times; every third case is then finished by `resolve`, which is
/// killed as well.
async fn kill_one(sandbox: &Sandbox, number: usize, mut random: Random, hits: &Mutex<Hits>) {
    let finishes_by_resolve = number % 3 == 2;
    // One journal for all creates, as on a machine; `resolve` finishes all that a journal holds.
    let journal = if finishes_by_resolve { format!("kill-{number}.db") } else { "kill.db".to_owned() };
    let case = Case::new(sandbox, PROVIDERS[number % PROVIDERS.len()], &journal);
    case.kill(case.create(), Moment::random(&mut random), hits).await;
    if finishes_by_resolve {
        case.kill(case.resolve(), Moment::random(&mut random), hits).await;
        let resolved = case.run_to_the_end(|| case.resolve(), hits).await;
        assert!(resolved.json().is_array(), "{resolved:#?}");
    }
    case.is_made_once(hits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_and_run_again_each_refund_is_made_once() {
    let kills = env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(FEW);
    let seed = seed();
    println!("SEED={seed}");
    let sandbox = sandbox().await;
    for fault in FAULTS {
        sandbox.faults().add(fault.parse().unwrap());
    }
    let hits = Mutex::new(Hits::default());
    let next = Mutex::new(0);
    let lane = async || {
        loop {
            let number = {
                let mut next = next.lock().unwrap();
                if hits.lock().unwrap().kills >= kills {
                    return;
                }
                *next += 1;
                *next
            };
            let random = Random(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
            kill_one(&sandbox, number, random, &hits).await;
        }
    };
    futures_util::future::join_all((0..LANES.min(kills)).map(|_| lane())).await;
    println!("{:?}", hits.into_inner().unwrap());
}

/// A call is stopped for longer than anybody waits for it. Another one makes the refund meanwhile, and
/// the first finds its window over when it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_stopped_does_not_send_when_it_goes_on() {
    let seed = seed();
    println!("SEED={seed}");
    let cases: usize = if env::var_os("KILLS").is_some() { 160 } else { 8 };
    let sandbox = sandbox().await;
    let hits = Mutex::new(Hits::default());
    let stops = Mutex::new(Stops::default());
    let stop_one = async |number: usize| {
        let mut random = Random(seed.wrapping_add(number as u64));
        let case = Case::new(&sandbox, PROVIDERS[number % PROVIDERS.len()], &format!("stop-{number}.db"));
        let mut first = case.create().spawn().unwrap();
        case.wait_for(Moment::random(&mut random)).await;
        let is_over = first.try_wait().unwrap().is_some();
        if !is_over {
            signal(&first, Signal::STOP);
        }
        let made_before = case.made() > 0;
        let second = Ran::of(ended(case.create().spawn().unwrap()).await);
        let is_locked = second.stderr.contains("is locked by another process");
        assert!(second.status == 0 || is_locked, "{}: {second:#?}", case.provider);
        if !is_over {
            signal(&first, Signal::CONT);
        }
        let first = Ran::of(ended(first).await);
        if (first.status, second.status) == (0, 0) {
            assert_eq!(first.json()["id"], second.json()["id"], "{}", case.provider);
        }
        let most = usize::from(first.status == 0 || second.status == 0);
        assert_eq!(case.made(), most, "{} of {}: {first:#?} {second:#?}", case.provider, case.payment);
        {
            let mut stops = stops.lock().unwrap();
            stops.too_late += usize::from(is_over);
            stops.with_the_lock += usize::from(is_locked);
            stops.made_before += usize::from(!is_over && made_before);
            stops.made_by_the_other += usize::from(!made_before && second.status == 0);
        }
        case.is_made_once(&hits).await;
    };
    let next = Mutex::new(0..cases);
    let lane = async || {
        loop {
            let Some(number) = next.lock().unwrap().next() else { return };
            stop_one(number).await;
        }
    };
    futures_util::future::join_all((0..LANES.min(cases)).map(|_| lane())).await;
    println!("{:?} {:?}", stops.into_inner().unwrap(), hits.into_inner().unwrap());
}

/// Where processes were when they were stopped.
#[derive(Debug, Default)]
struct Stops {
    too_late: usize,
    with_the_lock: usize,
    made_before: usize,
    made_by_the_other: usize,
}

/// The disk is full after so many bytes, from the first to the last one that the journal needs.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_is_sent_unrecorded() {
    let sandbox = sandbox().await;
    let journal = file("full.db");
    let case = Case::new(&sandbox, "mattilda", "full.db");
    run(&mut case.create()).ended(0);
    let mut ends = std::collections::BTreeMap::<i32, usize>::new();
    for blocks in (0..=120).step_by(6) {
        let case = Case { payment: captured(&sandbox, "mattilda"), journal: journal.clone(), ..case };
        let ran = Ran::of(ended(limited(&case.create(), blocks).spawn().unwrap()).await);
        *ends.entry(ran.status).or_default() += 1;
        match ran.status {
            0 => assert_eq!(case.made(), 1, "{ran:#?}"),
            2 | 5 => {
                assert_eq!(case.made(), 0, "{blocks} blocks: {ran:#?}");
                assert_eq!(ran.error()["outcome"], "not_applied");
                assert!(ran.error()["message"].as_str().unwrap().contains("full.db"), "{ran:#?}");
            }
            _ => panic!("{blocks} blocks: {ran:#?}"),
        }
        case.is_made_once(&Mutex::default()).await;
    }
    println!("exit status and how often: {ends:?}");
    assert!(ends.contains_key(&0) && ends.len() > 1, "some fit and some do not: {ends:?}");
}

/// The same command, whose files cannot grow beyond so many blocks of 512 bytes. A write that would is an
/// error, since the signal is ignored.
fn limited(command: &Command, blocks: u32) -> Command {
    let mut limited = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    limited.args(["-c", &script]).arg(command.get_program()).args(command.get_args());
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    limited
}
