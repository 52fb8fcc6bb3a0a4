//! Examples at the end of each command's help.

pub(super) const DEMO: &str = "\
Examples:
  refunds demo";

pub(super) const LIST: &str = "\
Examples:
  refunds list T11223344.9rQ2xW
  refunds list T11223344.9rQ2xW --profile live --output csv > refunds.csv";

pub(super) const GET: &str = "\
Examples:
  refunds get T11223344.9rQ2xW 8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c11";

pub(super) const PAYMENT: &str = "\
Examples:
  refunds payment T11223344.9rQ2xW";

pub(super) const CREATE: &str = "\
Examples:
  refunds create T11223344.9rQ2xW --reference rma-551 --amount 149.50 --wait
  refunds create T11223344.9rQ2xW --reference rma-552 --full --dry-run
  refunds create T11223344.9rQ2xW --derive shop.example/returns order-42 --full
  refunds create 4711 --reference rma-553 --amount 299 --line 2=299

On a terminal it shows the refund and asks; --yes does not. Without a terminal
it never asks.";

pub(super) const WAIT: &str = "\
Examples:
  refunds wait T11223344.9rQ2xW 8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c11
  refunds wait T11223344.9rQ2xW 8d3b1c5e-… --timeout 1h";

pub(super) const RESOLVE: &str = "\
Examples:
  refunds resolve --look-only            what happened? Submits nothing
  refunds resolve --yes                  finish all of this account
  refunds resolve unresolved.json        finish one, without its journal
  refunds resolve --not-made 7 --note 'not in the dashboard on 21 September'";

pub(super) const JOURNAL_LIST: &str = "\
Examples:
  refunds journal list --unsettled
  refunds journal list --all-accounts --output jsonl";

pub(super) const JOURNAL_SHOW: &str = "\
Examples:
  refunds journal show T11223344.9rQ2xW rma-551";

pub(super) const JOURNAL_PURGE: &str = "\
Examples:
  refunds journal purge --older-than 400d";

pub(super) const WEBHOOK_LIST: &str = "\
Examples:
  refunds webhook list --output json";

pub(super) const WEBHOOK_DELETE: &str = "\
Examples:
  refunds webhook delete 6b0f3a52-3e4f-4d0b-8c45-1d2f6a7b8c90";

pub(super) const WEBHOOK_PING: &str = "\
Examples:
  refunds webhook ping 6b0f3a52-3e4f-4d0b-8c45-1d2f6a7b8c90";

pub(super) const WEBHOOK_VERIFY: &str = "\
Examples:
  refunds webhook verify --url https://shop.example/hooks \\
      --headers-file headers.txt < body";

pub(super) const WEBHOOK_SUBSCRIBE: &str = "\
Examples:
  refunds webhook subscribe https://shop.example/hooks";

pub(super) const PROVIDERS: &str = "\
Examples:
  refunds providers
  refunds providers --output json";

pub(super) const REFERENCE: &str = "\
Examples:
  refunds reference shop.example/returns order-42 rma-551
  refunds create T11223344.9rQ2xW --full \\
      --reference \"$(refunds reference shop.example/returns order-42 rma-551)\"";

pub(super) const SANDBOX_FAULT: &str = "\
Examples:
  refunds sandbox fault add submit:1:process-then-drop
  refunds sandbox fault add 'dintero/GET /v1/transactions/*:2x3:latency=200ms'";

pub(super) const SANDBOX_SETTLE: &str = "\
Examples:
  refunds sandbox settle 8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c11";

pub(super) const SANDBOX_FAIL: &str = "\
Examples:
  refunds sandbox fail 8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c11";

pub(super) const SANDBOX_VOID: &str = "\
Examples:
  refunds sandbox void 8d3b1c5e-0c2b-4a55-9a6e-2f7f3b1f0c11";

pub(super) const SANDBOX_FAULT_LIST: &str = "\
Examples:
  refunds sandbox fault list
  refunds sandbox fault list --output json";

pub(super) const SANDBOX_FAULT_CLEAR: &str = "\
Examples:
  refunds sandbox fault clear";

pub(super) const SANDBOX_TRIGGER: &str = "\
Examples:
  refunds sandbox trigger refund.succeeded
  refunds sandbox trigger checkout_transaction --refund 8d3b1c5e-…";

pub(super) const SANDBOX_SEED: &str = "\
Examples:
  refunds sandbox seed 149.50 NOK --at dintero";

pub(super) const DOCTOR: &str = "\
Examples:
  refunds doctor
  refunds doctor --profile live --output json";

pub(super) const MAN: &str = "\
Examples:
  refunds man | man -l -
  refunds man /usr/local/share/man/man1";

pub(super) const COMPLETIONS: &str = "\
Examples:
  refunds completions bash > /etc/bash_completion.d/refunds
  refunds completions zsh > ~/.zfunc/_refunds
  refunds completions fish > ~/.config/fish/completions/refunds.fish
  refunds completions powershell >> $PROFILE";

pub(super) const COMMAND: &str = include_str!("help.txt");
