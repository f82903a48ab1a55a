//! As much of HTTP as the stand-in speaks: requests with a length, kept-alive connections, and every
//! way of not answering.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::State;
use super::api::{answer, begin, is_unfinished};

/// A request as it came.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) form: BTreeMap<String, String>,
    pub(super) key: Option<String>,
    pub(super) authorization: String,
    pub(super) version: String,
}

/// What goes back.
pub(super) enum Reply {
    Whole(u16, String),
    /// The first half of it, and then the connection is cut.
    Half(u16, String),
    Cut,
    Silence,
}

/// Requests on one connection, one after the other.
pub(super) async fn serve(mut connection: TcpStream, state: Arc<Mutex<State>>) {
    connection.set_nodelay(true).expect("a socket");
    while let Some(request) = read(&mut connection).await {
        let latency = state.lock().expect("no panic").latency;
        let begun = begin(&state, &request);
        if request.key.is_some() {
            let mut state = state.lock().expect("no panic");
            state.busy += 1;
            state.busiest = state.busiest.max(state.busy);
        }
        while request.key.is_some() && is_waited_for(&state) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if let Some(key) = &request.key {
            let is_unfinished = is_unfinished(&state, key);
            let mut state = state.lock().expect("no panic");
            state.busy -= 1;
            if !matches!(begun, Some(Reply::Whole(409, _))) && !is_unfinished {
                state.at_work.remove(key);
            }
        }
        let reply = begun.unwrap_or_else(|| answer(&state, &request));
        match reply {
            Reply::Whole(status, body) => {
                let text = http(status, &body);
                if connection.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Half(status, body) => {
                let text = http(status, &body);
                let half = &text.as_bytes()[..text.len() - body.len() / 2];
                let _ = connection.write_all(half).await;
                return;
            }
            Reply::Cut => return,
            Reply::Silence => std::future::pending().await,
        }
    }
}

/// Whether charges are not answered yet, because too few came at once.
fn is_waited_for(state: &Mutex<State>) -> bool {
    let state = state.lock().expect("no panic");
    state.busiest < state.answered_from
}

fn http(status: u16, body: &str) -> String {
    let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn read(connection: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |text| text.parse().expect("a length"));
    while bytes.len() < head + length {
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head..head + length].to_vec()).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let header = |name: &str| headers.get(name).cloned();
    Some(Request {
        method,
        path: path.to_owned(),
        query: pairs(query),
        form: pairs(&body),
        key: header("idempotency-key"),
        authorization: header("authorization").unwrap_or_default(),
        version: header("stripe-version").unwrap_or_default(),
    })
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let parts = text.split('&').filter_map(|pair| pair.split_once('='));
    parts.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).expect("ASCII");
                bytes.push(u8::from_str_radix(&digits, 16).expect("hexadecimal"));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
