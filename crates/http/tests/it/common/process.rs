//! Tests that need an environment of their own, which only a process of their own can have.

use std::{any, env, process::Command};

const INDEX: &str = "REFUNDS_HTTP_TEST_ENVIRONMENT";

/// What the layers below read of the environment.
const READ_BELOW: [&str; 7] =
    ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUEST_METHOD", "SSL_CERT_DIR", "SSL_CERT_FILE"];

/// Runs `test` once more for each of `environments`, in a process that has it. There, and only there,
/// it returns which one that is.
pub(crate) fn each<T: Fn()>(_test: T, environments: &[&[(&str, &str)]]) -> Option<usize> {
    if let Ok(index) = env::var(INDEX) {
        return Some(index.parse().unwrap());
    }
    let name = any::type_name::<T>();
    let (_, name) = name.split_once("::").unwrap();
    for (index, environment) in environments.iter().enumerate() {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([name, "--exact", "--nocapture"]).env(INDEX, index.to_string());
        for variable in READ_BELOW {
            command.env_remove(variable).env_remove(variable.to_lowercase());
        }
        let ran = command.envs(environment.iter().copied()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success() && out.contains("1 passed"), "{environment:?}\n{out}\n{err}");
    }
    None
}

/// Runs the body of `test` in a process of its own, which has this environment.
pub(crate) fn alone<T: Fn()>(test: T, environment: &[(&str, &str)], body: impl Future<Output = ()>) {
    if each(test, &[environment]).is_some() {
        block_on(body);
    }
}

/// A runtime for the test in the other process.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(future)
}
