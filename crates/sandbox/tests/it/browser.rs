//! A headless Chromium, driven over `WebDriver`.

use std::{
    env,
    io::{BufRead as _, BufReader, Lines, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::common::client;

/// A busy machine takes seconds; nothing waits longer than it has to.
const PATIENCE: Duration = Duration::from_secs(30);
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A window of its own. It ends with the test.
pub(crate) struct Browser {
    client: Client,
    driver: Child,
    /// Where it may go on to write.
    _output: Lines<BufReader<ChildStdout>>,
    port: u16,
    session: String,
}

impl Browser {
    /// `None`, and a line that says so, where no Chromium is installed.
    pub(crate) async fn start() -> Option<Self> {
        let (Some(driver), Some(browser)) =
            (found("chromedriver"), BROWSERS.iter().find_map(|name| found(name)))
        else {
            // Past the test runner, which keeps what a passing test prints.
            std::io::stderr()
                .write_all(b"skipped: no chromium and chromedriver, so the page was not tested\n")
                .unwrap();
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                line.unwrap().rsplit_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
            })
            .unwrap_or_else(|| panic!("chromedriver did not start"));
        let mut started = Self { client: client(), driver, _output: lines, port, session: String::new() };
        let options = json!({
            "binary": browser,
            // In a container, there is neither room for its sandbox nor much shared memory.
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
        });
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        });
        let session = started.call("", json!({"capabilities": {"alwaysMatch": capabilities}})).await;
        session["sessionId"].as_str().unwrap().clone_into(&mut started.session);
        Some(started)
    }

    pub(crate) async fn open(&self, url: &str) {
        self.call("/url", json!({"url": url})).await;
    }

    /// What a script returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.call("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// Waits until an expression is true.
    pub(crate) async fn until(&self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.script(&format!("return Boolean({expression})")).await != true {
            if Instant::now() > end {
                let page = self.script("return document.body.innerText").await;
                panic!("never: {expression}\n{}", page.as_str().unwrap_or_default());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Clicks the first element of this selector, as a mouse does: it must be visible.
    pub(crate) async fn click(&self, selector: &str) {
        // Away from the line of news, which stays at the top. An option has no place of its own.
        self.script(&format!(
            "document.querySelector({}).closest(':not(option)').scrollIntoView({{block: 'center'}})",
            json!(selector)
        ))
        .await;
        let element = self.element(selector).await;
        self.call(&format!("/element/{element}/click"), json!({})).await;
    }

    /// Types into the first element of this selector.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.call(&format!("/element/{element}/value"), json!({"text": text})).await;
    }

    async fn element(&self, selector: &str) -> String {
        let found = self.call("/element", json!({"using": "css selector", "value": selector})).await;
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// A command of the `DevTools` protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.call("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// The messages of the console since the last call.
    pub(crate) async fn console(&self) -> Vec<Value> {
        self.call("/se/log", json!({"type": "browser"})).await.as_array().unwrap().clone()
    }

    /// The address of every request since the last call.
    pub(crate) async fn requested(&self) -> Vec<String> {
        let log = self.call("/se/log", json!({"type": "performance"})).await;
        let events = log.as_array().unwrap().iter().map(|entry| {
            serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap()["message"].clone()
        });
        let sent = events.filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.map(|event| event["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    async fn call(&self, path: &str, body: Value) -> Value {
        let session = if self.session.is_empty() { String::new() } else { format!("/{}", self.session) };
        let url = format!("http://127.0.0.1:{}/session{session}{path}", self.port);
        let request = self.client.post(url).timeout(2 * PATIENCE).json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let value = answer["value"].clone();
        assert!(value["error"].is_null(), "{path} {body}: {value}");
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser only if it is asked to. There is nobody to report a failure to.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let head = format!("DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}", self.session, self.port);
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes());
            let _ = stream.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn found(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}
