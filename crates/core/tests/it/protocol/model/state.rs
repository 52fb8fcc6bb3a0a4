//! A state of the model: the journal, the provider and the workers, in a few bytes.

/// How many commits can matter at the same time. A made refund keeps its place for ever.
pub(crate) const SENDS: usize = 4;
/// How many workers there are at most.
pub(crate) const WORKERS: usize = 3;
/// No send: one more than the last place.
pub(crate) const NONE: u8 = 4;

/// A set of sends, one bit for each.
pub(crate) type Sends = u8;

/// What the journal knows of an intent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Settled, closed as absent, or never stored.
    #[default]
    Closed,
    Open,
    Unknown,
    FailedStored,
}

/// Where the request of an intent is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wire {
    #[default]
    Unsent,
    /// Its connection is open.
    Open,
    /// Its connection has ended.
    Ended,
}

/// What becomes of a request at the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It may still be carried out.
    #[default]
    Pending,
    Made,
    /// Its key is known: the response is about the refund that was made under it before.
    Repeated,
    /// It is not carried out, and never will be.
    Dead,
}

/// What is on its way back to the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Response {
    #[default]
    Lost,
    Made,
    Refused,
    NotProcessed,
    /// A stored failure is repeated.
    FailureRepeated,
}

/// One commit of an intent, and the request that follows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Send {
    pub(crate) used: bool,
    pub(crate) reference: u8,
    /// Of its idempotency key.
    pub(crate) generation: u8,
    /// Which lock key it was journalled under: always the same one while money is canonical.
    pub(crate) money: u8,
    pub(crate) intent: Intent,
    /// Since the commit, by the journal's clock.
    pub(crate) age: u8,
    pub(crate) wire: Wire,
    /// Since the request left, while its connection is open; then since it ended.
    pub(crate) wire_age: u8,
    pub(crate) fate: Fate,
    pub(crate) response: Response,
    /// Since it was carried out.
    pub(crate) made_age: u8,
    /// The journal knew it as made, and had to forget it.
    pub(crate) forgotten: bool,
}

impl Send {
    /// All of it in one number. Written out: this runs for each step of the search, without optimization.
    #[expect(clippy::cast_lossless, reason = "a function call for each field takes as long as the search")]
    fn packed(&self) -> u64 {
        self.used as u64
            | (self.forgotten as u64) << 1
            | (self.reference as u64) << 2
            | (self.generation as u64) << 3
            | (self.money as u64) << 4
            | (self.intent as u64) << 5
            | (self.wire as u64) << 7
            | (self.fate as u64) << 9
            | (self.response as u64) << 11
            | (self.age as u64) << 14
            | (self.wire_age as u64) << 18
            | (self.made_age as u64) << 22
    }

    /// Whether it made a refund, or may.
    pub(crate) fn may_apply(&self) -> bool {
        self.used && (self.fate == Fate::Made || (self.fate == Fate::Pending && self.wire != Wire::Unsent))
    }
}

impl Send {
    /// Whether neither the journal nor the provider will ever do anything with it.
    fn is_over(&self) -> bool {
        self.intent == Intent::Closed && !self.may_apply()
    }
}

/// Where a worker is in its call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum At {
    /// Before a call, or at the top of its loop.
    #[default]
    Top,
    /// The journal was opened.
    Opened,
    /// A list shows a refund without a reference that can only be one reference's.
    Matched,
    /// Nothing speaks against an intent.
    Looked,
    /// The intent is committed, and its acknowledgement is under way. Only where the window is measured
    /// from the acknowledgement; else it makes no difference.
    Unacknowledged,
    /// The request may leave.
    Ready,
    /// It has left.
    Waiting,
}

/// A process with at most one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts")]
pub(crate) struct Worker {
    pub(crate) at: At,
    pub(crate) in_call: bool,
    /// The journal has an unsettled intent of this reference, from before.
    pub(crate) unsettled: bool,
    /// A request of this call is lost.
    pub(crate) ambiguous: bool,
    /// Another worker wrote since the journal was opened.
    pub(crate) moved: bool,
    pub(crate) blocked: bool,
    /// The request may be repeated with its key.
    pub(crate) resend: bool,
    /// As `unsettled`, of the other reference. Only where a match may follow an old reading of the journal.
    pub(crate) other_unsettled: bool,
    /// How long the window of its intent is open.
    pub(crate) window: u8,
    /// Its own intent; at a match, the refund that was seen.
    pub(crate) own: u8,
    /// At a match: whose the refund is.
    pub(crate) target: u8,
    /// The unsettled intents that a look may prove absent.
    pub(crate) ripe: Sends,
    /// Its requests, and those of its reference that left before this call began.
    pub(crate) before: Sends,
}

impl Worker {
    /// All of it in one number of 25 bits, a busy worker's larger than an idle one's.
    #[expect(clippy::cast_lossless, reason = "a function call for each field takes as long as the search")]
    fn packed(&self) -> u64 {
        self.unsettled as u64
            | (self.ambiguous as u64) << 1
            | (self.moved as u64) << 2
            | (self.blocked as u64) << 3
            | (self.resend as u64) << 4
            | (self.other_unsettled as u64) << 5
            | (self.target as u64) << 6
            | (self.window as u64) << 7
            | (self.own as u64) << 10
            | (self.ripe as u64) << 13
            | (self.before as u64) << 17
            | (self.at as u64) << 21
            | (self.in_call as u64) << 24
    }
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            at: At::Top,
            in_call: false,
            unsettled: false,
            ambiguous: false,
            moved: false,
            blocked: false,
            resend: false,
            other_unsettled: false,
            window: 0,
            own: NONE,
            target: 0,
            ripe: 0,
            before: 0,
        }
    }
}

/// Everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) sends: [Send; SENDS],
    /// By lock key and reference: the refund that the journal knows as made.
    pub(crate) made: [[u8; 2]; 2],
    /// By reference: the generation of its key.
    pub(crate) generation: [u8; 2],
    /// Stored failures, a bit for each reference and generation.
    pub(crate) stored: u8,
    pub(crate) workers: [Worker; WORKERS],
}

impl Default for State {
    fn default() -> Self {
        Self {
            sends: [Send::default(); SENDS],
            made: [[NONE; 2]; 2],
            generation: [0; 2],
            stored: 0,
            workers: [Worker::default(); WORKERS],
        }
    }
}

/// A state in as few bytes as distinguish it from others.
pub(crate) type Packed = [u64; SENDS + 2];

impl State {
    #[expect(clippy::cast_lossless, reason = "a function call for each field takes as long as the search")]
    pub(crate) fn packed(&self) -> Packed {
        let [first, second] = self.made;
        let known = (first[0] as u64)
            | (first[1] as u64) << 3
            | (second[0] as u64) << 6
            | (second[1] as u64) << 9
            | (self.generation[0] as u64) << 12
            | (self.generation[1] as u64) << 13
            | (self.stored as u64) << 14;
        [
            self.sends[0].packed(),
            self.sends[1].packed(),
            self.sends[2].packed(),
            self.sends[3].packed(),
            self.workers[0].packed() | self.workers[1].packed() << 30,
            self.workers[2].packed() | known << 30,
        ]
    }

    /// The sends for which `is` holds.
    pub(crate) fn select(&self, is: impl Fn(&Send) -> bool) -> Sends {
        let mut found = 0;
        for (place, send) in self.sends.iter().enumerate() {
            if send.used && is(send) {
                found |= 1 << place;
            }
        }
        found
    }

    pub(crate) fn send_mut(&mut self, place: u8) -> &mut Send {
        &mut self.sends[usize::from(place)]
    }

    pub(crate) fn send(&self, place: u8) -> &Send {
        &self.sends[usize::from(place)]
    }

    /// The unsettled intents of a reference.
    pub(crate) fn unsettled(&self, money: u8, reference: u8) -> Sends {
        if self.made[usize::from(money)][usize::from(reference)] != NONE {
            return 0;
        }
        self.select(|send| {
            send.reference == reference && send.money == money && send.intent != Intent::Closed
        })
    }

    /// The sends that a worker or the journal refers to.
    fn mentioned(&self) -> Sends {
        let owned = self.workers.iter().fold(0, |owned, worker| owned | bit(worker.own));
        self.made.iter().flatten().fold(owned, |mentioned, place| mentioned | bit(*place))
    }

    /// A place for another send among the first `sends`, if there is one.
    pub(crate) fn free(&self, sends: usize) -> Option<u8> {
        let mentioned = self.mentioned();
        (0..NONE).take(sends).find(|place| {
            let send = self.send(*place);
            !send.used || (send.is_over() && mentioned & bit(*place) == 0)
        })
    }

    /// Frees what matters no more and gives what is equal one form.
    pub(crate) fn tidy(&mut self) {
        let owned = self.workers.iter().fold(0, |owned, worker| owned | bit(worker.own));
        let mentioned = self.mentioned();
        let mut live = 0;
        for (place, send) in self.sends.iter_mut().enumerate() {
            let place = 1 << place;
            if send.fate == Fate::Dead {
                (send.wire, send.wire_age) = (Wire::Ended, 0);
            }
            if send.intent == Intent::Closed {
                send.age = 0;
            }
            if send.used && send.is_over() && mentioned & place == 0 {
                *send = Send::default();
            }
            if send.used && owned & place == 0 {
                send.response = Response::Lost;
            }
            if send.used && (send.may_apply() || send.intent != Intent::Closed) {
                live |= place;
            }
        }
        for worker in &mut self.workers {
            worker.ripe &= live;
            worker.before &= live;
        }
        self.sort_sends();
    }

    fn sort_sends(&mut self) {
        let mut packed =
            [self.sends[0].packed(), self.sends[1].packed(), self.sends[2].packed(), self.sends[3].packed()];
        let mut end = 1;
        while end < SENDS {
            let mut place = end;
            while place > 0 && packed[place - 1] < packed[place] {
                packed.swap(place - 1, place);
                self.swap_sends(place - 1);
                place -= 1;
            }
            end += 1;
        }
    }

    /// Exchanges a send and the next one, wherever they are mentioned.
    fn swap_sends(&mut self, first: usize) {
        self.sends.swap(first, first + 1);
        let swap = |place: &mut u8| {
            if usize::from(*place) == first {
                *place += 1;
            } else if usize::from(*place) == first + 1 {
                *place -= 1;
            }
        };
        let swap_bits = |sends: &mut Sends| {
            let both = 3 << first;
            let low = (*sends >> first) & 1;
            let high = (*sends >> (first + 1)) & 1;
            *sends = (*sends & !both) | (high << first) | (low << (first + 1));
        };
        self.made.iter_mut().flatten().for_each(swap);
        for worker in &mut self.workers {
            swap(&mut worker.own);
            swap_bits(&mut worker.ripe);
            swap_bits(&mut worker.before);
        }
    }

    /// Workers of the same kind are interchangeable: the busy ones go first.
    pub(crate) fn sort_workers(&mut self, kinds: [u8; WORKERS]) {
        for end in 1..WORKERS {
            let mut place = end;
            while place > 0
                && kinds[place - 1] == kinds[place]
                && self.workers[place - 1].packed() < self.workers[place].packed()
            {
                self.workers.swap(place - 1, place);
                place -= 1;
            }
        }
    }
}

/// The set of one send; empty for none.
pub(crate) fn bit(place: u8) -> Sends {
    if place == NONE { 0 } else { 1 << place }
}

/// The places in a set.
pub(crate) fn places(sends: Sends) -> impl Iterator<Item = u8> {
    (0..NONE).filter(move |place| sends & (1 << place) != 0)
}
