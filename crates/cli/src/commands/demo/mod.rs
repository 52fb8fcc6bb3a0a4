//! `refunds demo`: both providers on the embedded sandbox, over real HTTP, with every step checked.
//!
//! Two sources report what happened to the money: the adapters, as normalized refunds, and the
//! sandbox's ledger, which does not depend on responses. The demo passes if both agree to the minor
//! unit.

mod report;
mod scene;
mod steps;

use std::{io::Write, time::Duration};

use refunds_core::{Policy, RefundClient, Settings};
use refunds_sandbox::Sandbox;

use self::{report::Report, scene::Scene, steps::Demo};
use super::{Context, Result};
use crate::{exit::Exit, failure::Failure, output::Format, registry};

pub(super) async fn run(context: &mut Context) -> Result<Exit> {
    let sandbox = Sandbox::start()
        .await
        .map_err(|error| Failure::other(format!("cannot start the sandbox: {error}")))?;
    let report = run_demo(&sandbox, context.format, &mut context.out).await?;
    Ok(if report.passed() { Exit::Done } else { Exit::Other })
}

async fn run_demo(sandbox: &Sandbox, format: Format, out: &mut impl Write) -> Result<Report> {
    let mut report = Report::new(format);
    for scene in [Scene::dintero(sandbox), Scene::mattilda(sandbox)] {
        // Nothing below depends on the provider.
        let settings: Settings = sandbox.settings(scene.provider).into_iter().collect();
        let provider = registry::registry().build(scene.provider, &settings)?;
        let client = RefundClient::new(provider).with_policy(policy());
        run_steps(Demo::new(&client, sandbox, &scene), &mut report, out).await?;
    }
    report.finish(out, &sandbox.ledger())?;
    Ok(report)
}

/// Short delays: everything is local.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.base_delay = Duration::from_millis(5);
    policy.max_delay = Duration::from_millis(50);
    policy.attempt_timeout = Duration::from_secs(10);
    policy
}

/// Takes the steps in order. Each builds on the previous one, so the first that fails is the last.
async fn run_steps(mut demo: Demo<'_>, report: &mut Report, out: &mut impl Write) -> Result<()> {
    report.begin(out, demo.scene)?;
    let mut number = 0;
    while let Some((step, outcome)) = demo.step(number).await {
        let passed = outcome.is_ok();
        report.record(out, demo.scene, step, outcome)?;
        if !passed {
            break;
        }
        number += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_step_is_named() {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.faults().add("dintero/submit:every:altered-amount".parse().unwrap());
        let mut shown = Vec::new();
        let report = run_demo(&sandbox, Format::Table, &mut shown).await.unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert!(!report.passed());
        assert!(shown.contains("FAILED refund part of a payment: dintero: "), "{shown}");
        assert!(shown.contains("1 of 9 steps failed."), "the other provider goes on: {shown}");
    }
}
