//! Who may use the admin port: over a raw socket, since clients do not send what an attacker's browser sends.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::common::Admin;

async fn raw(admin: &Admin, request: &str) -> String {
    let port = admin.url.rsplit_once(':').unwrap().1;
    let request = request.replace("PORT", port).replace('\n', "\r\n");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    String::from_utf8(response).unwrap()
}

fn status(response: &str) -> u16 {
    response.strip_prefix("HTTP/1.1 ").unwrap_or_else(|| panic!("{response}"))[..3].parse().unwrap()
}

#[tokio::test]
async fn only_names_of_this_machine_are_served() {
    let (_sandbox, admin) = Admin::start().await;
    for (host, expected) in [
        ("Host: 127.0.0.1:PORT", 200),
        ("Host: localhost:PORT", 200),
        ("Host: LocalHost:PORT", 200),
        ("Host: [::1]:PORT", 200),
        ("Host: evil.example:PORT", 403),
        ("Host: 127.0.0.1.evil.example:PORT", 403),
        ("Host: localhost.evil.example:PORT", 403),
        ("Host: 127.0.0.1", 403),
        ("Host: 127.0.0.1:1", 403),
        ("Host: user@127.0.0.1:PORT", 403),
        ("Host:", 403),
        ("X-Forwarded-Host: 127.0.0.1:PORT", 403),
        ("Host: 127.0.0.1:PORT\nHost: evil.example:PORT", 403),
    ] {
        for target in ["/", "/api/state"] {
            let response =
                raw(&admin, &format!("GET {target} HTTP/1.1\n{host}\nConnection: close\n\n")).await;
            assert_eq!(status(&response), expected, "{host}: {response}");
            assert!(expected == 200 || response.contains("{\"error\":\"the "), "{response}");
        }
    }
    let absolute = "GET http://evil.example/api HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n\n";
    assert_eq!(status(&raw(&admin, absolute).await), 403);
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let (sandbox, admin) = Admin::start().await;
    for (origin, expected) in [
        ("http://127.0.0.1:PORT", 201),
        ("http://localhost:PORT", 403),
        ("http://127.0.0.1:1", 403),
        ("https://127.0.0.1:PORT", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("", 403),
    ] {
        let head = format!("Host: 127.0.0.1:PORT\nOrigin: {origin}\nConnection: close");
        let body = r#"{"rule":"any:1:silence"}"#;
        let post = format!(
            "POST /api/faults HTTP/1.1\n{head}\nContent-Type: application/json\nContent-Length: {}\n\n{body}",
            body.len()
        );
        let response = raw(&admin, &post).await;
        assert_eq!(status(&response), expected, "{origin}: {response}");
        let response = raw(&admin, &format!("GET /api/state HTTP/1.1\n{head}\n\n")).await;
        assert_eq!(status(&response) == 200, expected == 201, "{origin}: {response}");
        assert!(!response.to_ascii_lowercase().contains("access-control"), "{response}");
        let preflight =
            format!("OPTIONS /api/faults HTTP/1.1\n{head}\nAccess-Control-Request-Method: POST\n\n");
        let response = raw(&admin, &preflight).await;
        assert!(
            status(&response) >= 400 && !response.to_ascii_lowercase().contains("access-control"),
            "{response}"
        );
    }
    assert_eq!(format!("{:?}", sandbox.faults()).matches("Silence").count(), 1, "only its own page's");
}

#[tokio::test]
async fn the_forms_of_other_pages_cannot_change_anything() {
    let (sandbox, admin) = Admin::start().await;
    for content_type in [
        "",
        "Content-Type: text/plain\n",
        "Content-Type: application/x-www-form-urlencoded\n",
        "Content-Type: multipart/form-data; boundary=x\n",
        "Content-Type: text/plain; application/json\n",
    ] {
        for request in ["POST /api/settle", "POST /api/faults", "DELETE /api/faults"] {
            let head = format!("{request} HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n{content_type}");
            let response = raw(&admin, &format!("{head}Content-Length: 2\n\n{{}}")).await;
            assert_eq!(status(&response), 415, "{request} {content_type}: {response}");
        }
    }
    drop(sandbox);
}

#[tokio::test]
async fn bodies_are_bounded() {
    let (_sandbox, admin) = Admin::start().await;
    let response =
        admin.client.post(format!("{}/api/faults", admin.url)).header("content-type", "application/json");
    // The response may be lost, since the rest of the request is not read.
    if let Ok(response) = response.body(vec![b' '; 1024 * 1024]).send().await {
        assert_eq!(response.status(), 413);
    }
}

#[tokio::test]
async fn every_response_keeps_browsers_from_more() {
    let (_sandbox, admin) = Admin::start().await;
    for (path, expected) in [
        ("/", 200),
        ("/page.js", 200),
        ("/style.css", 200),
        ("/icon.svg", 200),
        ("/api/state", 200),
        ("/none", 404),
    ] {
        let response = admin.client.get(format!("{}{path}", admin.url)).send().await.unwrap();
        assert_eq!(response.status(), expected, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'self';"), "{path}");
        assert_eq!(
            (header("x-content-type-options"), header("cache-control")),
            ("nosniff".into(), "no-store".into())
        );
        let text = response.text().await.unwrap();
        for inline in ["<script>", " style=", " onclick=", "innerHTML", "https://"] {
            assert!(!text.contains(inline), "{path} has {inline}");
        }
    }
}
