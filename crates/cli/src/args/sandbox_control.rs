//! The arguments of the commands that control a running sandbox.

use clap::{Args, Subcommand};
use refunds_sandbox::{FaultRule, Provider};

use super::examples;

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Inject, list or remove the faults of a running sandbox.
    #[command(subcommand)]
    Fault(FaultCommand),
    /// Let a pending refund of a running sandbox succeed.
    #[command(after_help = examples::SANDBOX_SETTLE)]
    Settle(PendingRefund),
    /// Let a pending refund of a running sandbox fail.
    #[command(after_help = examples::SANDBOX_FAIL)]
    Fail(PendingRefund),
    /// Void a pending refund of a running sandbox.
    #[command(after_help = examples::SANDBOX_VOID)]
    Void(PendingRefund),
    /// Make a running sandbox send a webhook.
    #[command(after_help = examples::SANDBOX_TRIGGER)]
    Trigger(TriggerArgs),
    /// Add a captured payment to a running sandbox.
    #[command(after_help = examples::SANDBOX_SEED)]
    Seed(SeedArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum FaultCommand {
    /// Inject a fault.
    #[command(after_help = examples::SANDBOX_FAULT)]
    Add(FaultAdd),
    /// List the active faults with their hits.
    #[command(after_help = examples::SANDBOX_FAULT_LIST)]
    List(Running),
    /// Remove all faults.
    #[command(after_help = examples::SANDBOX_FAULT_CLEAR)]
    Clear(Running),
}

/// Which sandbox.
#[derive(Debug, Args)]
pub(crate) struct Running {
    /// The address that `refunds sandbox` printed.
    #[arg(long, value_name = "URL", env = "REFUNDS_SANDBOX_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FaultAdd {
    /// On which call, when, and what happens.
    #[arg(value_name = "[PROVIDER/]CALL:WHEN:ACTION")]
    pub(crate) rule: FaultRule,

    #[command(flatten)]
    pub(crate) sandbox: Running,
}

#[derive(Debug, Args)]
pub(crate) struct PendingRefund {
    /// The provider's id of the refund.
    #[arg(value_name = "REFUND")]
    pub(crate) refund: String,

    #[command(flatten)]
    pub(crate) sandbox: Running,
}

#[derive(Debug, Args)]
pub(crate) struct TriggerArgs {
    /// The provider's name of the event, such as refund.succeeded.
    #[arg(value_name = "EVENT")]
    pub(crate) event: String,

    /// The refund that the webhook is about. Default: the newest one.
    #[arg(long, value_name = "REFUND")]
    pub(crate) refund: Option<String>,

    #[command(flatten)]
    pub(crate) sandbox: Running,
}

#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    /// The amount in major units, such as 149.50.
    #[arg(value_name = "AMOUNT", allow_hyphen_values = true)]
    pub(crate) amount: String,

    /// The currency.
    #[arg(value_name = "CURRENCY")]
    pub(crate) currency: String,

    /// The provider that has the payment.
    #[arg(long, value_name = "PROVIDER")]
    pub(crate) at: Provider,

    #[command(flatten)]
    pub(crate) sandbox: Running,
}
