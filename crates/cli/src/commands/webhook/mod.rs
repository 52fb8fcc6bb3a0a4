//! `refunds webhook`: verifying webhooks, and managing subscriptions if the provider has an API for them.

mod verify;

use refunds_core::{Error, Settings, secrecy::SecretString};
use refunds_dintero::REFUND_EVENTS;

use super::{Context, Result};
use crate::{
    args::{SubscribeArgs, WebhookCommand},
    exit::Exit,
    output::{print_done, print_subscription, print_subscriptions},
    provider::dintero,
};

pub(super) async fn run(context: &mut Context, command: WebhookCommand) -> Result<Exit> {
    match command {
        WebhookCommand::Verify(args) => return verify::run(context, &args),
        WebhookCommand::Subscribe(args) => return subscribe(context, &args).await,
        WebhookCommand::List => {
            let all = dintero(&context.config)?.0.hook_subscriptions().await?;
            print_subscriptions(&mut context.out, context.format, &all)?;
        }
        WebhookCommand::Delete(of) => {
            dintero(&context.config)?.0.delete_hook_subscription(&of.id).await?;
            print_done(&mut context.out, context.format, &of.id, "deleted")?;
        }
        WebhookCommand::Ping(of) => {
            dintero(&context.config)?.0.ping_hook_subscription(&of.id).await?;
            print_done(&mut context.out, context.format, &of.id, "pinged")?;
        }
    }
    Ok(Exit::Done)
}

async fn subscribe(context: &mut Context, args: &SubscribeArgs) -> Result<Exit> {
    let (dintero, settings) = dintero(&context.config)?;
    let secret = secret(&settings)?;
    let mut events: Vec<_> = args.events.iter().map(String::as_str).collect();
    if events.is_empty() {
        events.extend(REFUND_EVENTS);
    }
    let made = dintero.create_hook_subscription(&args.url, &events, secret).await?;
    print_subscription(&mut context.out, context.format, &made)?;
    Ok(Exit::Done)
}

/// The secret that signs deliveries from now on, never the previous one.
fn secret(settings: &Settings) -> Result<SecretString> {
    settings.secret("hook_secret")?.ok_or_else(|| {
        let message =
            "DINTERO_HOOK_SECRET is not set: deliveries would be unsigned, and none could be verified";
        Error::config(message).with_provider("dintero").into()
    })
}
