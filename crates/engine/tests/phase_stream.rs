//! Long random streams through all phases: invariants and a snapshot round trip after every command, and nothing that depends on more
//! than the commands.
#![allow(missing_docs, clippy::unwrap_used)]

mod venue;

use garraway_types::*;
use venue::{ABC, NO_RULES, Venue, buy, sell};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % bound) as i64
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// How often each thing was said.
#[derive(Default)]
struct Tally(std::collections::BTreeMap<String, u32>);

impl Tally {
    fn take(&mut self, said: &[String]) {
        for event in said {
            let name = event.split(' ').next().unwrap().to_string();
            *self.0.entry(name).or_default() += 1;
        }
    }
}

fn order(venue: &mut Venue, random: &mut Random) -> Vec<String> {
    let price = 80 + random.below(41);
    let quantity = 1 + random.below(20);
    let account = 16 + random.below(8) as u32;
    let ask = if random.below(2) == 0 { buy(quantity, price) } else { sell(quantity, price) }.by(account);
    let stop = 80 + random.below(41);
    let now_s = (venue.at / 1_000_000_000) as u32;
    let ask = match random.below(20) {
        0 => ask.tif(6),
        1 => ask.tif(7),
        2 => ask.kind(2).tif(6),
        3 => ask.kind(2).tif(7),
        4 => ask.display(1 + random.below(4) as u32),
        5 => ask.flags(2),
        6 | 7 => ask.minimum(1 + random.below(20) as u32),
        8 => ask.kind(4).trigger(stop),
        9 => ask.kind(5).trigger(stop),
        10 => ask.kind(6).trigger(1 + random.below(9)),
        11 => ask.kind(7 + random.below(3) as u8).trigger(-1 - random.below(3)),
        12 => ask.kind(2).tif(2),
        13 => ask.kind(3),
        14 => ask.tif(3),
        15 => ask.expires(now_s + 1 + random.below(3) as u32),
        _ => ask,
    };
    let ask = if random.below(12) == 0 {
        let target = venue.last_ref(account);
        ask.flags(random.of(&[4, 8])).with(|body| body.target = target)
    } else {
        ask
    };
    venue.place(ask)
}

fn step(venue: &mut Venue, random: &mut Random) -> Vec<String> {
    let second = 1_000_000_000;
    match random.below(40) {
        0 | 1 => venue.phase_once(random.of(&[1, 1, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8])),
        2 => venue.reference(80 + random.below(41)),
        3 => venue.rules(SetRules {
            static_band: random.of(&[0, 50_000_000, 100_000_000]),
            dynamic_band: random.of(&[50_000_000, 100_000_000]),
            collar: random.of(&[0, 0, 200_000_000]),
            auction_ns: second / 2,
            band_action: random.of(&[1, 2, 2]),
            ..NO_RULES
        }),
        4 => venue.rules(NO_RULES),
        5 => venue.ticks(random.of(&[&[][..], &[], &[(100, 4)], &[(90, 2), (100, 10)]])),
        6 => {
            let at = venue.at;
            let phases: Vec<(i64, u8)> = (1..=random.below(4))
                .map(|n| (at + n * second / 3, random.of(&[1, 2, 3, 4, 6, 7])))
                .collect();
            venue.schedule(ABC, &phases)
        }
        7..=10 => {
            let at = venue.at + random.below(second as u64);
            venue.tick(at)
        }
        11..=15 => {
            let account = 16 + random.below(8) as u32;
            let target = (venue.last_ref(account) as i64 - random.below(9)).max(1) as u64;
            venue.cancel(account, target)
        }
        16..=18 => {
            let account = 16 + random.below(8) as u32;
            let target = (venue.last_ref(account) as i64 - random.below(9)).max(1) as u64;
            venue.replace(account, target, 1 + random.below(20), 80 + random.below(41))
        }
        19..=22 => venue.go_on_once(),
        _ => order(venue, random),
    }
}

fn stream(seed: u64, slice: u16, length: u32) -> (Tally, u64) {
    let mut random = Random(seed);
    let mut venue = Venue::new(slice, 1);
    let mut tally = Tally::default();
    for _ in 0..length {
        let said = step(&mut venue, &mut random);
        assert!(said.len() <= usize::from(slice));
        tally.take(&said);
        if random.below(3) > 0 {
            tally.take(&venue.go_on());
        }
    }
    (tally, venue.engine.state_hash())
}

#[test]
fn invariants_hold_through_all_phases() {
    for (seed, slice) in [(7, 8), (11, 9), (13, 12), (17, 40), (19, 32_768)] {
        let (tally, _) = stream(seed, slice, 6_000);
        for name in
            ["Phase", "Uncrossed", "Indicated", "Traded", "Activated", "Triggered", "PriceOutsideBand"]
        {
            let count = tally.0.get(name).copied().unwrap_or(0);
            assert!(count > 2, "{name} was said {count} times with seed {seed}: {:?}", tally.0);
        }
    }
}

#[test]
fn equal_streams_leave_equal_states() {
    assert_eq!(stream(23, 12, 1_000).1, stream(23, 12, 1_000).1);
}
