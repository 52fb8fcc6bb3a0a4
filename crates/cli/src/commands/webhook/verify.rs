//! `refunds webhook verify`: what a webhook is about, or why it is not genuine.

use std::path::Path;

use refunds_core::{Clock, SystemClock, WebhookRequest, webhook_status};

use super::super::{Context, Result};
use crate::{args::VerifyArgs, exit::Exit, failure::Failure, input, output::print_notice, provider};

pub(super) fn run(context: &mut Context, args: &VerifyArgs) -> Result<Exit> {
    let request = request(args)?;
    let verified = provider::client(&context.config, None)?.verify_webhook(&request);
    let answer = webhook_status(&verified);
    match verified {
        Ok(notice) => {
            print_notice(&mut context.out, context.format, &notice, answer)?;
            Ok(Exit::Done)
        }
        Err(error) => Err(Failure::Webhook { error, answer }),
    }
}

fn request(args: &VerifyArgs) -> Result<WebhookRequest> {
    let stdin = Path::new("-");
    let method = args.method.to_ascii_uppercase();
    let body = match &args.body {
        Some(file) => Some(file.as_path()),
        None if method == "GET" => None,
        None => Some(stdin),
    };
    if args.headers_file.as_deref() == Some(stdin) && body == Some(stdin) {
        return Err(Failure::Usage("headers and body cannot both come from standard input".into()));
    }
    let received_at = match &args.at {
        Some(text) => input::time(text)?,
        None => SystemClock.now(),
    };
    let mut headers = args.headers.iter().map(|text| input::header(text)).collect::<Result<Vec<_>>>()?;
    if let Some(file) = &args.headers_file {
        for line in input::text(file)?.lines().filter(|line| !line.trim().is_empty()) {
            headers.push(input::header(line)?);
        }
    }
    let body = body.map(input::bytes).transpose()?.unwrap_or_default();
    Ok(WebhookRequest::new(method, &args.url, headers, body, received_at))
}
