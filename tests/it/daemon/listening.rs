//! Other programs that do not do their part: clients that keep connections open without using them, a service manager
//! that does not read, and a program that answers the probe without an end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use linerent_testkit::daemon::{Daemon, wait_for};
use linerent_testkit::webhook_server::{Answer, Server};
use linerent_testkit::{Engine, World};

/// The daemon with at most so many open files.
fn with_open_files(world: &World, files_max: u32) -> Daemon {
    let daemon = world.daemon_command();
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -n {files_max}; exec \"$@\""), "sh"]);
    limited.arg(daemon.get_program()).args(daemon.get_args());
    for (name, value) in daemon.get_envs() {
        limited.env(name, value.expect("a value"));
    }
    limited.current_dir(world.folder());
    Daemon::start(limited, world.folder().join("linerentd.log"))
}

/// The answer, if there is one within a few seconds.
fn ask(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: linerentd\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn half_requests_leave_file_descriptors_for_the_work_and_for_health_checks() {
    let world = World::new(Engine::Sqlite).await;
    world.make_production().await;
    let daemon = with_open_files(&world, 200);
    daemon.wait_until_it_says("the run ended").await;
    let address = daemon.address().await;
    let mut half = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        // It may be closed by now.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x");
        half.push(stream);
    }
    // A program that opens files and sends mail still can.
    world.account("0000000a", "1").await;
    world.numbers(&["447700900001"], "1").await;
    world.rent("0000000a", "447700900001").await;
    assert!(world.linerent(&["run", "--no-mail"]).status.success());
    let begun = Instant::now();
    let mut answer = None;
    while answer.is_none() && begun.elapsed() < Duration::from_secs(30) {
        answer = ask(&address, "/healthz").filter(|answer| !answer.is_empty());
    }
    let answer = answer.expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    let mails = world.folder().join("data/mail");
    wait_for("a mail", async || mails.is_dir()).await;
    assert!(!daemon.errors().iter().any(|it| it.contains("open files")), "{:?}", daemon.errors());
    drop(half);
    assert!(daemon.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_manager_that_does_not_read_stops_nothing() {
    let world = World::new(Engine::Sqlite).await;
    world.make_production().await;
    let path = world.folder().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&path).expect("a socket");
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "3000");
    let daemon = Daemon::start(command, world.folder().join("linerentd.log"));
    daemon.wait_until_it_says("the run ended").await;
    let filler = std::os::unix::net::UnixDatagram::unbound().expect("a socket");
    filler.set_nonblocking(true).expect("a socket");
    // The daemon fills the queue, and this does if it has not yet.
    wait_for("a full queue", async || filler.send_to(b"x", &path).is_err()).await;
    let address = daemon.address().await;
    for _ in 0..20 {
        let answer = ask(&address, "/healthz").expect("an answer");
        assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    }
    assert!(daemon.stop().await.success());
    drop(manager);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_reads_an_answer_up_to_a_limit() {
    let world = World::new(Engine::Sqlite).await;
    let head = "HTTP/1.1 200 OK\r\n";
    for (first, again, said) in [
        (format!("{head}\r\n"), "x".repeat(1_000), "the answer has more than 65536 bytes"),
        (head.to_owned(), "X-A: b\r\n".to_owned(), "asking the daemon on "),
    ] {
        let server = Server::start(move |_| Answer::Endless(first.clone(), again.clone())).await;
        let mut probe = Command::new(linerent_testkit::path_of("linerentd"));
        probe.arg("probe").env("LINERENT__HTTP__LISTEN", server.address.to_string());
        let output = probe.current_dir(world.folder()).output().expect("the probe starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains(said), "{errors}");
    }
    world.end().await;
}
