//! `refunds sandbox fault`, `settle`, `fail`, `void`, `trigger` and `seed`: controlling a running sandbox through its
//! admin API.

use refunds_core::{Error, Operation};
use refunds_http::{BaseUrl, HttpClient, ProviderError, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Context, Result};
use crate::{
    args::{FaultCommand, PendingRefund, Running, SandboxCommand, SeedArgs, TriggerArgs},
    exit::Exit,
    failure::Failure,
    input::{Amount, currency},
    output::print_answer,
};

/// The client names the sandbox so in its errors.
const SANDBOX: &str = "sandbox";
/// Any kind: the sandbox's own API moves no money.
const OPERATION: Operation = Operation::Payment;
const FAULT_COLUMNS: [&str; 5] = ["id", "rule", "provider", "seen", "hits"];

pub(super) async fn run(context: &mut Context, command: SandboxCommand) -> Result<Exit> {
    let answered = match command {
        SandboxCommand::Fault(command) => fault(command).await,
        SandboxCommand::Settle(of) => end_refund(of, "settle").await,
        SandboxCommand::Fail(of) => end_refund(of, "fail").await,
        SandboxCommand::Void(of) => end_refund(of, "void").await,
        SandboxCommand::Trigger(args) => trigger(args).await,
        SandboxCommand::Seed(args) => seed(args).await,
    }?;
    let Answered { answer, text, columns } = answered;
    print_answer(&mut context.out, context.format, &answer, &text, columns)?;
    Ok(Exit::Done)
}

/// What the sandbox answered, and how it is shown.
struct Answered {
    answer: Value,
    text: String,
    columns: &'static [&'static str],
}

async fn fault(command: FaultCommand) -> Result<Answered> {
    match command {
        FaultCommand::Add(args) => {
            let request = Request::post(OPERATION).paths(["api", "faults"]);
            let body = json!({"rule": args.rule.to_string()});
            let answer = call(&args.sandbox, request.json(&body)).await?;
            let text = format!("Injected fault {}: {}", answer["id"], shown(&answer["rule"]));
            Ok(Answered { answer, text, columns: &["id", "rule"] })
        }
        FaultCommand::List(sandbox) => {
            let mut answer = call(&sandbox, Request::get(OPERATION).paths(["api", "faults"])).await?;
            let faults = answer["faults"].take();
            let lines: Vec<_> = faults.as_array().into_iter().flatten().map(line).collect();
            let text = if lines.is_empty() { "No active faults".to_owned() } else { lines.join("\n") };
            Ok(Answered { answer: faults, text, columns: &FAULT_COLUMNS })
        }
        FaultCommand::Clear(sandbox) => {
            let request = Request::delete(OPERATION).paths(["api", "faults"]).json(&json!({}));
            let answer = call(&sandbox, request).await?;
            let text = format!("Faults removed: {}", answer["removed"]);
            Ok(Answered { answer, text, columns: &["removed"] })
        }
    }
}

fn line(fault: &Value) -> String {
    let [seen, hits] = ["seen", "hits"].map(|name| &fault[name]);
    format!("{}: {} (applied to {hits} of {seen} calls)", fault["id"], shown(&fault["rule"]))
}

async fn end_refund(of: PendingRefund, how: &str) -> Result<Answered> {
    let request = Request::post(OPERATION).paths(["api", "refunds", &of.refund, how]);
    let answer = call(&of.sandbox, request.json(&json!({}))).await?;
    let text = format!("Refund {} is {}", shown(&answer["id"]), shown(&answer["status"]));
    Ok(Answered { answer, text, columns: &["id", "status"] })
}

async fn trigger(args: TriggerArgs) -> Result<Answered> {
    let mut body = json!({"event": args.event});
    if let Some(refund) = args.refund {
        body["refund"] = json!(refund);
    }
    let request = Request::post(OPERATION).paths(["api", "trigger"]).json(&body);
    let answer = call(&args.sandbox, request).await?;
    let text = format!("Sent {} about refund {}", args.event, shown(&answer["refund"]));
    Ok(Answered { answer, text, columns: &["refund", "queued"] })
}

async fn seed(args: SeedArgs) -> Result<Answered> {
    let amount = Amount::major(&args.amount)?;
    if !amount.is_positive() {
        return Err(Failure::Usage("the amount must be greater than zero".to_owned()));
    }
    let money = amount.in_currency(currency(&args.currency)?)?;
    let body = json!({
        "provider": args.at.as_str(),
        "amount": money.minor_units(),
        "currency": money.currency().code(),
    });
    let request = Request::post(OPERATION).paths(["api", "payments"]).json(&body);
    let answer = call(&args.sandbox, request).await?;
    let text = shown(&answer["id"]).to_owned();
    Ok(Answered { answer, text, columns: &["id", "provider"] })
}

fn shown(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The JSON of the sandbox's answer.
async fn call(sandbox: &Running, request: Request) -> Result<Value> {
    let url = sandbox.url.as_deref().ok_or_else(|| {
        Failure::config(
            "no running sandbox is known: set REFUNDS_SANDBOX_URL as `refunds sandbox` printed it, or use --url".into(),
        )
    })?;
    let base = BaseUrl::parse(url, false)
        .map_err(|error| Failure::config(format!("the sandbox's URL {}", error.message())))?;
    let client = HttpClient::builder(SANDBOX, base).error_decoder(|error| {
        let Refused { error } = error.json()?;
        Some(ProviderError::new().with_message(error))
    });
    client.build()?.json(request).await.map_err(failure)
}

/// The sandbox's refusal.
#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// No provider was involved, and no money.
fn failure(error: Error) -> Failure {
    Failure::other(format!("the sandbox: {}", error.message()))
}
