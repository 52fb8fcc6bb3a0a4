//! What can happen, in words.

use std::fmt;

use super::state::Response;

/// What happened in a step. References and workers are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    TimePasses,
    CarriesOut(u8),
    Responds(u8, Response),
    ConnectionLost(u8),
    StoresFailure(u8),
    PersonSaysNotMade(u8),
    Evicts(u8),
    Crashes(usize),
    OpensJournal(usize),
    /// How many refunds of each reference the list shows, and whether what it shows is stored.
    Looks {
        shows: [u8; 2],
        complete: bool,
        stored: bool,
        worker: usize,
    },
    SkipsLook(usize),
    SettlesByMatch(usize),
    Intends(usize),
    IntendsAndLoses(usize),
    Acknowledged(usize),
    Submits(usize),
    SettlesNeverSent(usize),
    DropsWhileSending(usize),
    Learns {
        response: Response,
        stored: bool,
        worker: usize,
    },
}

/// What a call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Made,
    NotApplied,
    Unknown,
}

/// What must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    TwoRefunds,
    MoreThanCaptured,
    UntrueMade,
    UntrueNotApplied,
    /// In a healthy world, call after call does not end in the refund.
    NeverFinished,
}

fn worker(number: usize) -> char {
    ['P', 'Q', 'S'][number]
}

fn reference(number: u8) -> char {
    ['a', 'b'][usize::from(number)]
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |number: &usize| worker(*number);
        let of = |number: &u8| reference(*number);
        match self {
            Self::TimePasses => f.write_str("a tick passes"),
            Self::CarriesOut(r) => write!(f, "the provider carries out a request of {}", of(r)),
            Self::Responds(r, response) => write!(f, "it responds to {}: {response}", of(r)),
            Self::ConnectionLost(r) => write!(f, "the connection of {} is lost", of(r)),
            Self::StoresFailure(r) => write!(f, "it fails {}, and stores the failure under its key", of(r)),
            Self::PersonSaysNotMade(r) => write!(f, "a person says that {} is not made", of(r)),
            Self::Evicts(r) => write!(f, "the journal forgets {}", of(r)),
            Self::Crashes(w) => write!(f, "{} dies", name(w)),
            Self::OpensJournal(w) => write!(f, "{} opens the journal", name(w)),
            Self::Looks { shows: [a, b], complete, stored, worker: w } => {
                let complete = if *complete { "complete" } else { "incomplete" };
                write!(f, "{} looks: a {complete} list that shows {a} of a and {b} of b", name(w))?;
                f.write_str(if *stored && a + b > 0 { ", and stores what it shows" } else { "" })
            }
            Self::SkipsLook(w) => write!(f, "{} does not look", name(w)),
            Self::SettlesByMatch(w) => write!(f, "{} takes the new refund for the open one's", name(w)),
            Self::Intends(w) => write!(f, "{} intends", name(w)),
            Self::IntendsAndLoses(w) => write!(f, "{} intends, and the journal loses it", name(w)),
            Self::Acknowledged(w) => write!(f, "{} gets the acknowledgement", name(w)),
            Self::Submits(w) => write!(f, "{} sends", name(w)),
            Self::SettlesNeverSent(w) => write!(f, "{} settles: never sent", name(w)),
            Self::DropsWhileSending(w) => write!(f, "{} is dropped while it sends, and settles", name(w)),
            Self::Learns { response, stored, worker: w } => {
                write!(f, "{} gets: {response}", name(w))?;
                f.write_str(if *stored { "" } else { ", and cannot store it" })
            }
        }
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "nothing",
            Self::Made => "made",
            Self::Refused => "refused",
            Self::NotProcessed => "not processed",
            Self::FailureRepeated => "the stored failure",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoRefunds => "two refunds under one reference",
            Self::MoreThanCaptured => "more than was captured",
            Self::UntrueMade => "\"made\" is untrue",
            Self::UntrueNotApplied => "\"not applied\" is untrue",
            Self::NeverFinished => "calling again never makes it",
        })
    }
}
