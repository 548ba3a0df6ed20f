//! A real process, killed with SIGKILL at 20 random moments: the test binary runs itself as the venue.

use super::*;
use crate::verify;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command as Process, Stdio};

const FOLDER: &str = "GARRAWAY_KILLED_VENUE";

/// Not a test of its own: what the test below starts as another process. Says each number once it is released.
#[test]
#[ignore = "it is the process that the test beside it kills"]
fn venue_to_be_killed() {
    let Some(path) = std::env::var_os(FOLDER) else { return };
    let mut folder = Folder::new();
    let scratch = std::mem::replace(&mut folder.0, path.into());
    drop(Folder(scratch));
    let seed = fs::read_dir(folder.0.join("journal")).map_or(1, |found| found.count() as u64);
    let durability = if seed.is_multiple_of(2) { Durability::Os } else { Durability::Fsync };
    let options = Options { segment_bytes: 64 << 10, ..options(&folder, durability) };
    let (mut sequencer, report) = Sequencer::recover(options, &mut (), None).unwrap();
    let mut stream = Stream::new(seed);
    let mut said = std::io::stdout();
    writeln!(said, "\nstarted {} {:x}", report.last_seq, report.state_hash).unwrap();
    for now in 0.. {
        while !sequencer.has_room() || stream.chance(9) {
            sequencer.flush().unwrap();
            sequencer.release(&mut |_| ()).unwrap();
        }
        sequencer.submit(&stream.next(), Nanos(now), &mut ());
        sequencer.turn(Nanos(now), &mut ());
        let before = sequencer.durable_seq();
        sequencer.flush().unwrap();
        sequencer.release(&mut |_| ()).unwrap();
        if sequencer.durable_seq() > before {
            writeln!(said, "acknowledged {before}").unwrap();
        }
    }
}

fn start(folder: &Folder) -> Child {
    Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::killed::venue_to_be_killed", "--ignored", "--nocapture"])
        .env(FOLDER, &folder.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_process_killed_twenty_times_loses_nothing_acknowledged() {
    let folder = Folder::new();
    let mut moments = Stream::new(99);
    let mut acknowledged = 0;
    for kill in 0..20 {
        let mut child = start(&folder);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = lines.find_map(|line| line.strip_prefix("started ").map(str::to_owned)).unwrap();
        let last_seq: u64 = started.split(' ').next().unwrap().parse().unwrap();
        assert!(
            last_seq >= acknowledged,
            "kill {kill}: {acknowledged} was acknowledged, {last_seq} came back"
        );
        let number = |line: String| line.strip_prefix("acknowledged ").and_then(|text| text.parse().ok());
        let wait = 1 + moments.below(400);
        acknowledged = lines.by_ref().filter_map(number).take(wait).last().unwrap_or(acknowledged);
        child.kill().unwrap();
        acknowledged = lines.filter_map(number).last().unwrap_or(acknowledged);
        child.wait().unwrap();
        let report = verify(&folder.0, true).unwrap();
        assert!(report.is_sound() && report.last_seq >= acknowledged, "kill {kill}: {report}");
    }
    assert!(acknowledged > 500, "{acknowledged}");
    assert!(folder.segments().len() > 1);
}
