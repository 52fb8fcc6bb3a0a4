//! The sandbox as a whole.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::net::TcpSocket;
use uuid::Uuid;

use crate::{
    admin::{Admin, Side},
    changes::Changes,
    clock::Clock,
    common::Common,
    dintero::{Credentials, Dintero, DinteroSandbox, stored_credentials},
    fault::Faults,
    ids::{Ids, secret},
    ledger::{Book, Ledger},
    lock::lock,
    log::{Log, RecordedRequest},
    mattilda::{Identity, Mattilda, MattildaSandbox, SigningKey, stored_identity},
    provider::Provider,
    rate::RateLimit,
    record::Record,
    redact::Redactor,
    server::{Server, bind},
    settle::Outcome,
    webhook::{Outbox, Webhooks},
    world::World,
};

/// The account of a request without an account header.
const DEFAULT_MERCHANT_ACCOUNT: &str = "default";

/// Both providers' APIs on loopback, with a ledger of what really happened.
///
/// It runs in the runtime that started it, and ends when it is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// use refunds_sandbox::{Call, FaultRule, FaultAction, Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// let payment = sandbox.dintero().captured(44_850, "NOK");
/// sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenDrop));
/// // … refund `payment` with an adapter built from `sandbox.settings("dintero")` …
/// assert!(sandbox.ledger().total_refunded(&payment) <= 44_850);
/// # Ok(()) }
/// ```
pub struct Sandbox {
    world: Arc<World>,
    dintero: DinteroSandbox,
    mattilda: MattildaSandbox,
    webhooks: Webhooks,
    servers: [Server; 2],
    /// Bound but never listening: connections are refused, and no other process can take the port.
    refusing: TcpSocket,
    admin: Option<Admin>,
}

impl Sandbox {
    /// Starts both providers on free ports.
    ///
    /// # Errors
    ///
    /// A port cannot be opened, or no key can be generated.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Configures a sandbox before it starts.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// The Dintero side.
    pub fn dintero(&self) -> &DinteroSandbox {
        &self.dintero
    }

    /// The Mattilda side.
    pub fn mattilda(&self) -> &MattildaSandbox {
        &self.mattilda
    }

    /// The webhooks on their way, from both sides.
    pub fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    /// The settings for this provider's adapter to use the sandbox; empty for an unknown name.
    pub fn settings(&self, provider: &str) -> BTreeMap<String, String> {
        match provider.parse() {
            Ok(Provider::Dintero) => self.dintero.settings(),
            Ok(Provider::Mattilda) => self.mattilda.settings(),
            Err(_) => BTreeMap::new(),
        }
    }

    /// The settings of both providers as environment variables, for other processes.
    pub fn env(&self) -> Vec<(String, String)> {
        Provider::ALL.into_iter().flat_map(|provider| self.env_of(provider)).collect()
    }

    fn env_of(&self, provider: Provider) -> Vec<(String, String)> {
        let prefix = provider.as_str().to_ascii_uppercase();
        let settings = self.settings(provider.as_str()).into_iter();
        settings.map(|(key, value)| (format!("{prefix}_{}", key.to_ascii_uppercase()), value)).collect()
    }

    /// The address of the admin port, if [`SandboxBuilder::admin_port`] asked for it: a page for people, and a JSON API
    /// that `GET /api` lists.
    pub fn admin_url(&self) -> Option<String> {
        self.admin.as_ref().map(Admin::url)
    }

    /// What really happened to the money, up to now on the sandbox's clock.
    pub fn ledger(&self) -> Ledger {
        self.world.catch_up();
        lock(&self.world.common.book).snapshot()
    }

    /// Payments, refunds, the ledger and the credentials, for [`SandboxBuilder::records`].
    ///
    /// Not among them: tokens, subscriptions and webhooks on their way, faults, and everything that is set by a call.
    pub fn records(&self) -> Vec<Record> {
        self.world.catch_up();
        self.world.export()
    }

    /// Every request that arrived, in order, without headers and bodies. The admin port has both, redacted, of the newest
    /// requests: `GET /api/requests`.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.world.log.snapshot()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.world.log.clear();
    }

    /// Sets how many requests this provider takes, from now on; `None`, the default, is any number.
    ///
    /// A request above the limit has no effect and gets a 429. Neither provider publishes numbers for server-to-server
    /// calls. Dintero documents `Retry-After` for the token call, so only that response has it.
    pub fn set_rate_limit(&self, provider: Provider, limit: Option<RateLimit>) {
        self.world.rates.set(provider, limit);
    }

    /// The active faults.
    pub fn faults(&self) -> &Faults {
        &self.world.faults
    }

    /// Ends every pending refund, each with the outcome that its transaction specifies.
    pub fn settle_all(&self) {
        self.world.settle(None, None);
    }

    /// Ends the pending refunds of one payment with this outcome.
    pub fn settle(&self, payment_id: &str, outcome: Outcome) {
        self.world.settle(Some(payment_id), Some(outcome));
    }

    /// Sets after how many reads that show it pending a refund ends; `None` is never. The default is 2.
    pub fn set_settle_after_reads(&self, reads: Option<u32>) {
        lock(&self.world.common.settling).after_reads = reads;
    }

    /// Sets after how long on the sandbox's clock a refund ends; `None`, the default, is never. Applies to refunds
    /// made from now on.
    pub fn set_settle_after(&self, time: Option<Duration>) {
        lock(&self.world.common.settling).after = time;
    }

    /// Processes now the requests that [`FaultAction::ProcessLate`](crate::FaultAction::ProcessLate) and
    /// [`ProcessLateAfter`](crate::FaultAction::ProcessLateAfter) hold back.
    pub fn deliver_late(&self) {
        self.world.apply_all_late();
    }

    /// Advances the sandbox's clock: tokens and idempotency keys expire, late requests arrive, refunds settle.
    pub fn advance(&self, by: Duration) {
        self.world.common.clock.advance(by);
        self.world.catch_up();
    }

    /// The time on the sandbox's clock.
    pub fn now(&self) -> OffsetDateTime {
        self.world.common.now()
    }

    /// Closes both providers' ports and every connection to them. The admin port stays open. When it returns, new connections are refused.
    pub async fn stop_listening(&self) {
        for server in &self.servers {
            server.stop().await;
        }
    }

    /// Opens the same ports again.
    ///
    /// # Errors
    ///
    /// Another process has taken a port.
    pub async fn resume_listening(&self) -> io::Result<()> {
        for server in &self.servers {
            server.resume().await?;
        }
        Ok(())
    }

    /// A base URL that refuses connections for as long as the sandbox lives.
    ///
    /// # Errors
    ///
    /// The system does not report the port.
    pub fn refused_url(&self) -> io::Result<String> {
        let address = self.refusing.local_addr()?;
        Ok(format!("http://{address}"))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("dintero", &self.dintero)
            .field("mattilda", &self.mattilda)
            .field("admin_url", &self.admin_url())
            .finish_non_exhaustive()
    }
}

/// Configures a [`Sandbox`].
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct SandboxBuilder {
    dintero_port: u16,
    mattilda_port: u16,
    seed: u64,
    clock_at: Option<OffsetDateTime>,
    merchant_account: Option<String>,
    admin_port: Option<u16>,
    records: Vec<Record>,
}

impl SandboxBuilder {
    /// Dintero's port; 0, the default, is any free port.
    pub fn dintero_port(mut self, port: u16) -> Self {
        self.dintero_port = port;
        self
    }

    /// Mattilda's port; 0, the default, is any free port.
    pub fn mattilda_port(mut self, port: u16) -> Self {
        self.mattilda_port = port;
        self
    }

    /// The seed of ids, of faults by percentage and of shuffled webhooks; 0 by default. Credentials do not depend on it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A clock that does not move from this time until it is advanced, instead of following the system clock.
    pub fn clock_at(mut self, time: OffsetDateTime) -> Self {
        self.clock_at = Some(time);
        self
    }

    /// Mattilda's merchant account, instead of `default`. Requests must then name it.
    pub fn merchant_account(mut self, id: impl Into<String>) -> Self {
        self.merchant_account = Some(id.into());
        self
    }

    /// Opens an admin port, which is off by default; 0 is any free port. See [`Sandbox::admin_url`].
    ///
    /// It is bound to loopback and needs no credentials: whoever can reach it controls the sandbox. While it is open,
    /// the headers and bodies of the newest requests are kept, redacted.
    pub fn admin_port(mut self, port: u16) -> Self {
        self.admin_port = Some(port);
        self
    }

    /// Goes on from the records of another sandbox, in their order. Its credentials and ids win over those of this builder.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// use refunds_sandbox::Sandbox;
    ///
    /// let first = Sandbox::start().await?;
    /// first.dintero().captured(44_850, "NOK");
    /// let second = Sandbox::builder().records(first.records()).start().await?;
    /// assert_eq!(second.settings("mattilda")["private_key"], first.settings("mattilda")["private_key"]);
    /// # Ok(()) }
    /// ```
    pub fn records(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        self.records.extend(records);
        self
    }

    /// Opens the ports and serves the APIs.
    ///
    /// # Errors
    ///
    /// A port cannot be opened, no key can be generated, or a record cannot be read.
    pub async fn start(self) -> io::Result<Sandbox> {
        let listeners = (bind(self.dintero_port).await?, bind(self.mattilda_port).await?);
        let dintero_origin = format!("http://{}", listeners.0.local_addr()?);
        let mattilda_origin = format!("http://{}", listeners.1.local_addr()?);
        let refusing = TcpSocket::new_v4()?;
        refusing.bind((Ipv4Addr::LOCALHOST, 0).into())?;

        let admin_listener = match self.admin_port {
            Some(port) => Some(bind(port).await?),
            None => None,
        };
        let clock = Arc::new(Clock::new(self.clock_at));
        let changes = Arc::<Changes>::default();
        let common = Arc::new(Common {
            ids: Ids::new(self.seed),
            book: Mutex::new(Book::new(Arc::clone(&clock), Arc::clone(&changes))),
            settling: Mutex::default(),
            outbox: Outbox::new(self.seed, Arc::clone(&changes)),
            clock: Arc::clone(&clock),
            changes: Arc::clone(&changes),
        });
        let own = stored_credentials(&self.records)?.unwrap_or_else(credentials);
        let account = self.merchant_account.unwrap_or_else(|| DEFAULT_MERCHANT_ACCOUNT.to_owned());
        let identity = match stored_identity(&self.records)? {
            Some(identity) => identity,
            None => Identity {
                key: SigningKey::generate()?,
                merchant_account: account,
                default_account: DEFAULT_MERCHANT_ACCOUNT.to_owned(),
                webhook_secret: secret(),
            },
        };
        let redactor = admin_listener.as_ref().map(|_| {
            let Credentials { client_secret, callback_secret, hook_secret, .. } = &own;
            let secrets = [client_secret, callback_secret, hook_secret, &identity.webhook_secret];
            Redactor::knowing(secrets.map(Clone::clone))
        });
        let dintero = Arc::new(Dintero::new(Arc::clone(&common), own));
        let mattilda = Arc::new(Mattilda::new(Arc::clone(&common), identity));
        let log = Log::new(clock, changes, redactor);
        let world = World::new(common, Arc::clone(&dintero), Arc::clone(&mattilda), log);
        world.restore(&self.records)?;
        let world = Arc::new(world);
        let servers = [
            Server::run(Provider::Dintero, listeners.0, Arc::clone(&world))?,
            Server::run(Provider::Mattilda, listeners.1, Arc::clone(&world))?,
        ];
        let mut sandbox = Sandbox {
            webhooks: Webhooks::new(Arc::clone(&world)),
            world,
            dintero: DinteroSandbox::new(dintero, dintero_origin),
            mattilda: MattildaSandbox::new(mattilda, mattilda_origin)?,
            servers,
            refusing,
            admin: None,
        };
        if let Some(listener) = admin_listener {
            let sides = Provider::ALL.map(|provider| Side {
                provider,
                api_url: sandbox.settings(provider.as_str()).remove("api_url").unwrap_or_default(),
                env: sandbox.env_of(provider).into_iter().map(|(name, _)| name).collect(),
            });
            sandbox.admin = Some(Admin::run(listener, Arc::clone(&sandbox.world), Vec::from(sides))?);
        }
        Ok(sandbox)
    }
}

fn credentials() -> Credentials {
    Credentials {
        account_id: DinteroSandbox::ACCOUNT_ID.to_owned(),
        client_id: Uuid::new_v4().to_string(),
        client_secret: secret(),
        callback_secret: secret(),
        hook_secret: secret(),
    }
}
