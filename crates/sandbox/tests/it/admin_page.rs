//! The admin port's page, in a real browser.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    common::{Admin, Mattilda},
};

const LOST_ANSWER: &str = r#"[id="preset-submit:1:process-then-drop"]"#;

/// Waits until the page is complete, and marks it: a reload would remove the mark.
async fn open(browser: &Browser, admin: &Admin) {
    browser.open(&admin.url).await;
    browser.until("document.getElementById('connection').textContent === 'Live'").await;
    browser.until("document.querySelectorAll('#provider-list li').length === 2").await;
    browser.script("window.isSame = true").await;
}

/// Nothing on the console, nothing from elsewhere, no reload.
async fn was_quiet(browser: &Browser, admin: &Admin) {
    assert_eq!(browser.script("return window.isSame").await, true, "it was reloaded");
    let errors: Vec<Value> = browser.console().await;
    assert!(errors.is_empty(), "{errors:?}");
    let requested = browser.requested().await;
    let elsewhere: BTreeSet<_> =
        requested.iter().filter(|url| !url.starts_with(&format!("{}/", admin.url))).collect();
    assert!(!requested.is_empty() && elsewhere.is_empty(), "{elsewhere:?}");
}

#[tokio::test]
async fn a_refund_lives_on_the_page() {
    let Some(browser) = Browser::start().await else { return };
    let (sandbox, admin) = Admin::start().await;
    sandbox.set_settle_after_reads(None);
    open(&browser, &admin).await;

    browser.click("#seed-provider option[value=mattilda]").await;
    browser.click("#seed-refunds option[value=later]").await;
    browser.click("#seed button").await;
    browser.until("document.querySelectorAll('#payment-list > li').length === 1").await;
    let payment = browser.script("return document.querySelector('#payment-list .id').textContent").await;
    assert_eq!(text(&browser, "#payment-list .left").await, "1299.00 MXN left");

    browser.click(LOST_ANSWER).await;
    browser.until("document.querySelectorAll('#fault-list > li').length === 1").await;
    // As text, whatever a caller sends.
    let reference = "<img src=x onerror=alert(1)>";
    let body = json!({"amount": 29_900, "external_identifier": reference});
    let mattilda = Mattilda::of(&sandbox);
    assert!(mattilda.refund(payment.as_str().unwrap(), &body).send().await.is_err(), "the answer is lost");

    browser.until("document.querySelectorAll('#payment-list .refund').length === 1").await;
    browser
        .until("document.querySelector('#ledger-list').innerText.includes('the connection was dropped')")
        .await;
    browser.until("document.querySelector('#fault-list').innerText.includes('applied 1 time')").await;
    assert_eq!(text(&browser, "#payment-list .refund .status").await, "pending");
    assert_eq!(
        text(&browser, "#news").await,
        format!("Refund {reference} is pending."),
        "for a screen reader"
    );
    assert_eq!(text(&browser, "#payment-list .left").await, "1000.00 MXN left");
    assert!(text(&browser, "#payment-list .refund").await.contains(reference));
    assert_eq!(browser.script("return document.querySelectorAll('main img').length").await, 0);

    browser.click("#payment-list .refund button").await;
    browser
        .until("document.querySelector('#payment-list .refund .status').textContent === 'succeeded'")
        .await;
    assert_eq!(
        browser.script("return document.querySelectorAll('#payment-list .timeline li').length").await,
        2
    );
    assert_eq!(text(&browser, "#ledger-list .status").await, "moved");
    assert!(text(&browser, "#news").await.ends_with("is succeeded."));
    let focus = "return document.activeElement.closest('#payment-list') !== null";
    assert_eq!(browser.script(focus).await, true, "the focus stays at the refund, whose buttons are gone");
    assert_eq!(sandbox.ledger().total_refunded(payment.as_str().unwrap()), 29_900);

    for width in [360, 1280] {
        let metrics = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scrolls =
            "const page = document.documentElement; return [innerWidth, page.scrollWidth > page.clientWidth]";
        assert_eq!(browser.script(scrolls).await, json!([width, false]), "it scrolls sideways");
    }
    was_quiet(&browser, &admin).await;
}

#[tokio::test]
async fn updates_leave_the_user_alone() {
    let Some(browser) = Browser::start().await else { return };
    let (sandbox, admin) = Admin::start().await;
    let mattilda = Mattilda::of(&sandbox);
    mattilda.get("/refunds/1").send().await.unwrap();
    open(&browser, &admin).await;
    browser.until("document.querySelectorAll('#request-list > li').length === 1").await;
    browser.click("#request-list summary").await;
    browser.type_into("#fault-rule", "any:1:sta").await;
    for number in 2..4 {
        mattilda.get("/refunds/1").send().await.unwrap();
        browser.until(&format!("document.querySelectorAll('#request-list > li').length === {number}")).await;
    }
    assert_eq!(text(&browser, "#request-list > li .id").await, "/refunds/1");
    let state = "return [document.querySelectorAll('details[open]').length, document.activeElement.id, \
                 document.activeElement.value]";
    assert_eq!(browser.script(state).await, json!([1, "fault-rule", "any:1:sta"]));

    // A button in a list keeps the focus although its fault changes.
    browser.type_into("#fault-rule", "tus=503\n").await;
    browser.until("document.querySelector('#remove-fault-1')").await;
    browser.script("document.querySelector('#remove-fault-1').focus()").await;
    mattilda.get("/refunds/1").send().await.unwrap();
    browser.until("document.querySelector('#fault-list').innerText.includes('applied 1 time')").await;
    assert_eq!(browser.script("return document.activeElement.id").await, "remove-fault-1");
    browser.click("#remove-fault-1").await;
    browser.until("document.querySelectorAll('#fault-list > li').length === 0").await;
    was_quiet(&browser, &admin).await;
}

#[tokio::test]
async fn the_page_is_for_everybody() {
    let Some(browser) = Browser::start().await else { return };
    let (sandbox, admin) = Admin::start().await;
    sandbox.mattilda().captured(100, "MXN");
    open(&browser, &admin).await;
    for (what, script) in [
        ("a language", "document.documentElement.lang === 'en'"),
        (
            "one main landmark and one heading of the first rank",
            "document.querySelectorAll('main').length === 1 && document.querySelectorAll('h1').length === 1",
        ),
        (
            "a name for each section",
            "[...document.querySelectorAll('section')].every((one) => document.getElementById(one.getAttribute('aria-labelledby')).textContent)",
        ),
        (
            "a label for each field",
            "[...document.querySelectorAll('input, select')].every((one) => one.labels.length === 1)",
        ),
        (
            "a name for each button",
            "[...document.querySelectorAll('button')].every((one) => one.textContent)",
        ),
        (
            "ids only once",
            "new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size === document.querySelectorAll('[id]').length",
        ),
        ("a live region", "document.querySelector('#news').getAttribute('role') === 'status'"),
    ] {
        assert_eq!(browser.script(&format!("return {script}")).await, true, "{what}");
    }
    let mut pages = BTreeSet::new();
    for scheme in ["light", "dark"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", features).await;
        let color = browser.script("return getComputedStyle(document.body).backgroundColor").await;
        pages.insert(color.as_str().unwrap().to_owned());
        let lowest = browser.script(include_str!("contrast.js")).await;
        assert!(lowest["ratio"].as_f64().unwrap() >= 4.5, "{scheme}: {lowest}");
    }
    assert_eq!(pages.len(), 2, "light and dark: {pages:?}");
    was_quiet(&browser, &admin).await;
}

async fn text(browser: &Browser, selector: &str) -> String {
    let script = format!("return document.querySelector({}).textContent", json!(selector));
    browser.script(&script).await.as_str().unwrap().to_owned()
}
