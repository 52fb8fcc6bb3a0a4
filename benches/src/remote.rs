//! Servers in a process of their own, so that the CPU that is measured is the client's.
//!
//! A server reads one line of JSON after the other from its standard input and answers each with one line.
//! It ends with its input.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::{
    sandbox,
    server::{self, Counts},
};

/// The hidden first argument of a server's process.
pub(crate) const SERVE: &str = "serve";

/// A running server.
pub(crate) struct Remote {
    process: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    /// The first line that it wrote.
    pub(crate) about: Value,
}

impl Remote {
    /// Starts the server with the ready responses.
    pub(crate) fn canned() -> Self {
        Self::start("canned")
    }

    /// Starts the sandbox of the providers.
    pub(crate) fn sandbox() -> Self {
        Self::start("sandbox")
    }

    fn start(kind: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([SERVE, kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut from = BufReader::new(process.stdout.take().unwrap());
        let about = read(&mut from);
        Self { to: process.stdin.take(), from, about, process }
    }

    /// A text that the server wrote first.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap()
    }

    /// Sends a command and waits for the answer.
    pub(crate) fn ask(&mut self, command: Value) -> Value {
        writeln!(self.to.as_mut().unwrap(), "{command}").unwrap();
        read(&mut self.from)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.to = None;
        let _ = self.process.wait();
    }
}

/// Is a server until the input ends.
pub(crate) fn serve(kind: &str) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    match kind {
        "canned" => serve_canned(&runtime),
        "sandbox" => serve_sandbox(&runtime),
        other => panic!("no server is called {other}"),
    }
}

fn serve_canned(runtime: &Runtime) {
    let counts = Arc::new(Counts::default());
    let (http, https) = runtime.block_on(server::listen(Arc::clone(&counts)));
    answer(&json!({"http": http, "https": https}), |_| counts.take());
}

fn serve_sandbox(runtime: &Runtime) {
    let sandbox = runtime.block_on(refunds_sandbox::Sandbox::start()).unwrap();
    let about = json!({"mattilda": sandbox.settings("mattilda"), "dintero": sandbox.settings("dintero")});
    answer(&about, |command| sandbox::obey(&sandbox, command));
}

fn answer(about: &Value, mut act: impl FnMut(&Value) -> Value) {
    println!("{about}");
    for line in std::io::stdin().lines() {
        println!("{}", act(&serde_json::from_str(&line.unwrap()).unwrap()));
    }
}

fn read(from: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    serde_json::from_str(&line).expect("the server answers with a line of JSON")
}
