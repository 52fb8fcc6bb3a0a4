//! `refunds demo`: both providers on the embedded sandbox, over real HTTP, with every step checked.
//!
//! What happens to the money is told twice: by the adapters, in normalized refunds, and by the
//! sandbox's ledger, which knows nothing of answers. The demonstration holds when both agree, to
//! the minor unit.

mod report;
mod scene;
mod steps;

use std::{io::Write, time::Duration};

use refunds_core::{Policy, RefundClient, Settings};
use refunds_sandbox::Sandbox;

use self::{
    report::{Report, Step},
    scene::Scene,
    steps::Play,
};
use super::{Context, Result};
use crate::{exit::Exit, failure::Failure, output::Format, provider};

pub(super) async fn run(context: &mut Context) -> Result<Exit> {
    let sandbox = Sandbox::start()
        .await
        .map_err(|error| Failure::other(format!("the sandbox can not start: {error}")))?;
    let report = perform(&sandbox, context.format, &mut context.out).await?;
    Ok(if report.is_fine() { Exit::Done } else { Exit::Other })
}

async fn perform(sandbox: &Sandbox, format: Format, out: &mut impl Write) -> Result<Report> {
    let mut report = Report::new(format);
    for scene in [Scene::dintero(sandbox), Scene::mattilda(sandbox)] {
        // From here on nothing knows which provider it is.
        let settings: Settings = sandbox.settings(scene.provider).into_iter().collect();
        let provider = provider::registry().build(scene.provider, &settings)?;
        let client = RefundClient::new(provider).with_policy(policy());
        play(Play::new(&client, sandbox, &scene), &mut report, out).await?;
    }
    report.finish(out, &sandbox.ledger())?;
    Ok(report)
}

/// Nothing is far away here.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.base_delay = Duration::from_millis(5);
    policy.max_delay = Duration::from_millis(50);
    policy.attempt_timeout = Duration::from_secs(10);
    policy
}

/// Takes the steps in order. Each stands on the one before it: one that is off is the last.
async fn play(mut play: Play<'_>, report: &mut Report, out: &mut impl Write) -> Result<()> {
    report.begin(out, play.scene)?;
    let steps = [
        Step::SeedList,
        Step::RefundPart,
        Step::AskAgain,
        Step::RefundRest,
        Step::OneMore,
        Step::Asynchronous,
        Step::Everything,
    ];
    for step in steps {
        let outcome = match step {
            Step::SeedList => play.seed_list().await,
            Step::RefundPart => play.refund_part().await,
            Step::AskAgain => play.ask_again().await,
            Step::RefundRest => play.refund_rest().await,
            Step::OneMore => play.one_more().await,
            Step::Asynchronous => play.asynchronous().await,
            Step::Everything => play.everything().await,
        };
        let fine = outcome.is_ok();
        report.record(out, play.scene, step, outcome)?;
        if !fine {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_that_is_off_is_named() {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.faults().add("dintero/submit:every:altered-amount".parse().unwrap());
        let mut shown = Vec::new();
        let report = perform(&sandbox, Format::Table, &mut shown).await.unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert!(!report.is_fine());
        assert!(shown.contains("OFF refund a part of a payment: dintero: "), "{shown}");
        assert!(shown.contains("1 of 9 steps are off."), "the other provider goes on: {shown}");
    }
}
