//! The plain binary: a kill at any moment loses nothing that was answered, and SIGTERM is a clean stop.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};

use garraway_wire::ouch::{Outbound, Side};
use rustix::process::{Pid, Signal, kill_process};
use support::orders::{cancel, enter, immediate};
use support::*;

struct Process {
    child: Child,
    lines: BufReader<ChildStderr>,
    ouch: SocketAddr,
}

impl Process {
    fn start(folder: &Folder) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_garraway-exchange"))
            .arg(&folder.0)
            .args(["--ouch", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let started = line_with(&mut lines, "\"event\":\"started\"");
        let address = started.split("\"ouch\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        Self { child, lines, ouch: address.parse().unwrap() }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn session(&self, name: &str, from: u64) -> OuchClient {
        OuchClient::connect(self.ouch, &Login { name, secret: SECRET, session: "", from }).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next line that holds `part`.
fn line_with(lines: &mut impl BufRead, part: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "ended without {part}");
        if line.contains(part) {
            return line;
        }
    }
}

/// A folder with the test market in it.
fn market() -> Folder {
    let folder = Folder::new();
    let venue = Venue::start(&folder);
    drop(open_market(&venue));
    venue.stop();
    folder
}

#[test]
fn sigterm_is_a_clean_stop() {
    let folder = market();
    let mut process = Process::start(&folder);
    process.signal(Signal::TERM);
    line_with(&mut process.lines, "\"event\":\"stopped\"");
    assert!(process.child.wait().unwrap().success());
}

#[test]
fn a_kill_loses_nothing_that_was_answered_and_doubles_nothing() {
    let folder = market();
    let mut stream = vec![];
    for round in 0..5 {
        let mut process = Process::start(&folder);
        let mut client = process.session("ALPHA", stream.len() as u64 + 1);
        for number in 0..500 {
            client.send(enter(&format!("R{round}S{number}"), Side::SELL, 2, 1_000 + number % 5));
            client.send(immediate(&format!("R{round}B{number}"), Side::BUY, 1, 1_002));
            client.send(cancel(&format!("R{round}S{number}"), 1));
        }
        stream.extend(client.many(700));
        process.signal(Signal::KILL);
        assert!(!process.child.wait().unwrap().success());
    }
    let process = Process::start(&folder);
    let mut client = process.session("ALPHA", 1);
    assert_eq!(client.many(stream.len()), stream);
    // Every token of the answered orders is used: sent again they make nothing, and the fence comes next.
    let mut fence = process.session("ALPHA", 0);
    for message in &stream {
        if let Ok(Outbound::Accepted(order)) = Outbound::decode(message) {
            let token = order.token.text().unwrap();
            fence.send(enter(token, Side::SELL, 1, 9_999));
        }
    }
    fence.send(enter("FENCE", Side::SELL, 1, 9_999));
    assert!(matches!(fence.message(), Outbound::Accepted(order) if order.token == orders::token("FENCE")));
}
