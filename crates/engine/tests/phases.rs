//! Phases and auctions: which orders a phase takes, which phase follows which, how a book uncrosses, what bands and times do.
#![allow(missing_docs, clippy::unwrap_used)]

mod venue;

use garraway_types::*;
use venue::{ABC, Ask, NO_RULES, Venue, buy, sell};

/// A slice that never ends, and the smallest ones.
const SLICES: [u16; 3] = [32_768, 12, 8];

/// A kind of order: its name, how it is written, the phases that take it.
type Kind = (&'static str, fn(Ask) -> Ask, &'static [u8]);

/// Brings a new venue into a phase that instruments are not listed in.
fn in_phase(slice: u16, phase: u8) -> Venue {
    let mut venue = Venue::new(slice, if phase >= 8 { 7 } else { phase });
    if phase >= 8 {
        venue.phase(phase);
    }
    venue
}

#[test]
fn each_phase_takes_the_orders_of_its_row() {
    let kinds: [Kind; 17] = [
        ("limit", |a| a, &[1, 2, 3, 5, 6]),
        ("day", |a| a.tif(4), &[1, 2, 3, 5, 6]),
        ("good till date", |a| a.expires(9), &[1, 2, 3, 5, 6]),
        ("hidden", |a| a.flags(2), &[1, 2, 3, 5, 6]),
        ("iceberg", |a| a.display(1), &[1, 2, 3, 5, 6]),
        ("minimum", |a| a.minimum(2), &[1, 2, 3, 5, 6]),
        ("immediate or cancel", |a| a.tif(2), &[1]),
        ("fill or kill", |a| a.tif(3), &[1]),
        ("market", |a| a.kind(2).tif(2), &[1]),
        ("market to limit", |a| a.kind(3), &[1]),
        ("post-only", |a| a.flags(1), &[1]),
        ("at the open", |a| a.tif(6), &[2, 3]),
        ("market at the open", |a| a.kind(2).tif(6), &[2, 3]),
        ("at the close", |a| a.tif(7), &[1, 2, 3, 5, 6]),
        ("market at the close", |a| a.kind(2).tif(7), &[1, 2, 3, 5, 6]),
        ("stop", |a| a.kind(4).trigger(900), &[1, 2, 3, 5, 6]),
        ("midpoint peg", |a| a.kind(8), &[1, 2, 3, 5, 6]),
    ];
    for phase in 1..=9 {
        let mut venue = in_phase(32_768, phase);
        venue.restores = false;
        for (name, write, phases) in kinds {
            let said = venue.place(write(buy(5, 100)));
            let expected = if phases.contains(&phase) { "Accepted" } else { "PhaseForbids" };
            assert_eq!(said[0], expected, "{name} in phase {phase}");
        }
    }
}

#[test]
fn replacements_are_taken_where_new_orders_are_and_cancels_everywhere() {
    for phase in 1..=9 {
        let mut venue = Venue::new(32_768, 1);
        let (kept, gone) = (venue.rest(buy(5, 100)), venue.rest(buy(5, 90)));
        if phase == 9 {
            venue.phase(7);
        }
        if phase != 1 {
            venue.phase_once(phase);
        }
        let taken = matches!(phase, 1 | 2 | 3 | 5 | 6);
        // A delisted instrument has no orders any more.
        let expected = if taken {
            "Replaced"
        } else if phase == 9 {
            "OrderUnknown"
        } else {
            "PhaseForbids"
        };
        assert_eq!(venue.replace(16, kept, 4, 100), [expected], "in phase {phase}");
        if phase != 9 {
            assert_eq!(venue.cancel(16, gone), [format!("Canceled 16/{gone} 5 why 1")], "in phase {phase}");
        }
    }
}

#[test]
fn an_instrument_goes_from_phase_to_phase_by_the_table() {
    for slice in SLICES {
        for from in 1..=9u8 {
            for to in 0..=10u8 {
                for has_reference in [false, true] {
                    for crossed in [false, true] {
                        judge_transition(slice, from, to, has_reference, crossed);
                    }
                }
            }
        }
    }
}

fn judge_transition(slice: u16, from: u8, to: u8, has_reference: bool, crossed: bool) {
    if crossed && matches!(from, 1 | 9) {
        return;
    }
    let mut venue = Venue::new(slice, if crossed { 2 } else { 7 });
    if has_reference {
        venue.reference(100);
    }
    if crossed {
        venue.rest(buy(5, 101));
        venue.rest(sell(5, 100));
    }
    if from != if crossed { 2 } else { 7 } {
        venue.phase(from);
    }
    let case = format!("{from} to {to}, reference {has_reference}, crossed {crossed}");
    let exists = (1..=9).contains(&to) && to != from && from != 9;
    let barred = to == 9 && !matches!(from, 7 | 8) || to == 1 && crossed && !matches!(from, 3 | 5 | 6);
    let uncrosses = matches!(from, 3 | 5 | 6) && matches!(to, 1 | 7);
    let said = venue.phase_once(to);
    if !exists || barred {
        assert_eq!(said, ["PhaseInvalid"], "{case}");
    } else if from == 3 && uncrosses && !has_reference {
        assert_eq!(said, ["ReferenceUnknown"], "{case}");
    } else {
        let mut expected = Vec::new();
        if uncrosses && crossed {
            expected.extend(["Uncrossed 5@100 over 0 of 0".to_string(), "Traded 5@100".into()]);
        } else if uncrosses {
            expected.push("Uncrossed 0@0 over 0 of 0".into());
        }
        expected.push(format!("Phase {from}>{to} by 1"));
        let mut said = said;
        said.extend(venue.go_on());
        said.retain(|event| !event.starts_with("Sweep") && !event.ends_with("why 11"));
        assert_eq!(said, expected, "{case}");
    }
}

#[test]
fn an_opening_auction_uncrosses_at_one_price_and_leaves_the_rest() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 2);
        venue.reference(100);
        for ask in
            [buy(10, 105), buy(10, 101), buy(10, 99), sell(4, 95), sell(9, 98), sell(12, 101), sell(5, 103)]
        {
            venue.rest(ask);
        }
        venue.rest(buy(3, 104).tif(6));
        venue.rest(buy(7, 90).tif(6));
        assert_eq!(venue.phase(3), ["Phase 2>3 by 1"]);
        let expected = [
            "Uncrossed 23@101 over 2 of 2",
            "Traded 4@101",
            "Traded 6@101",
            "Traded 3@101",
            "Traded 10@101",
            "Canceled 16/5 7 why 2",
            "Phase 3>1 by 1",
        ];
        assert_eq!(venue.phase(1), expected);
        assert_eq!(venue.book(), "10@99 | 2@101 5@103");
    }
}

#[test]
fn the_events_of_an_uncross_do_not_depend_on_the_slice() {
    let run = |slice| {
        let mut venue = Venue::new(slice, 3);
        venue.reference(100);
        for n in 0..12 {
            venue.rest(buy(3 + n, 95 + n).display(2));
            venue.rest(sell(4 + n % 5, 97 + n % 7).flags(if n % 3 == 0 { 2 } else { 0 }));
            venue.rest(buy(2, 101 + n % 4).by(18).minimum(2));
        }
        (venue.phase(1), venue.book())
    };
    let whole = run(32_768);
    assert!(whole.0.len() > 25, "{whole:?}");
    assert_eq!(run(8), whole);
    assert_eq!(run(12), whole);
    assert_eq!(run(33), whole);
}

#[test]
fn of_two_that_meet_in_an_auction_the_earlier_one_is_the_maker() {
    let mut venue = Venue::new(32_768, 5);
    venue.rest(sell(5, 100));
    venue.rest(buy(5, 100));
    let events = venue.phase_events(1);
    let [uncrossed, traded, first, second, changed] = events[..] else { panic!("{events:?}") };
    assert_eq!((uncrossed.source, traded.source, second.source, changed.source), (0, 0, 0, 1));
    assert_eq!((first.account, first.detail), (17, detail::MAKER));
    assert_eq!((second.account, second.detail, traded.side), (16, detail::TAKER, 1));
}

#[test]
fn cancels_are_taken_in_the_middle_of_an_uncross_and_never_leave_the_book_crossed() {
    let mut venue = Venue::new(8, 5);
    venue.reference(100);
    for _ in 0..4 {
        venue.rest(buy(5, 100));
    }
    venue.rest(buy(5, 99));
    for _ in 0..4 {
        venue.rest(sell(5, 99));
    }
    let said = venue.phase_once(1);
    assert_eq!(said, ["Uncrossed 20@100 over 0 of 0", "Traded 5@100"]);
    assert_eq!(venue.place(buy(1, 50)), ["InstrumentBusy"]);
    assert_eq!(venue.phase_once(4), ["InstrumentBusy"]);
    assert_eq!(venue.cancel(16, 4), ["Canceled 16/4 5 why 1"]);
    let said = venue.go_on();
    let expected =
        ["Traded 5@100", "Traded 5@100", "Uncrossed 5@99 over 0 of 0", "Traded 5@99", "Phase 5>1 by 1"];
    assert_eq!(said, expected, "the buy at 99 meets what the cancelled one left");
    assert_eq!(venue.book(), " | ");
}

#[test]
fn orders_for_the_close_wait_until_the_closing_auction_and_end_with_it() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 1);
        venue.rest(buy(5, 101).tif(7));
        venue.rest(sell(3, 99).tif(7).kind(2));
        venue.rest(sell(9, 150).tif(7));
        assert_eq!(venue.book(), " | ");
        let said = venue.phase(6);
        assert_eq!(said, ["Phase 1>6 by 1", "Activated 16/1", "Activated 17/1", "Activated 17/2"]);
        assert_eq!(venue.book(), "5@101 | 3@99 9@150");
        venue.rest(sell(1, 100).tif(7));
        let said = venue.phase(7);
        let expected = [
            "Uncrossed 4@101 over 1 of 1",
            "Traded 3@101",
            "Traded 1@101",
            "Canceled 16/1 1 why 2",
            "Canceled 17/2 9 why 2",
            "Phase 6>7 by 1",
        ];
        // Nothing draws the price anywhere but the smallest left over: any price from 100 on; the nearest to 0 is 100.
        let at_100: Vec<String> = expected.iter().map(|event| event.replace("@101", "@100")).collect();
        assert_eq!(said, at_100);
        assert_eq!(venue.book(), " | ");
    }
}

#[test]
fn an_order_takes_part_only_if_it_gets_its_minimum() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 3);
        venue.reference(100);
        venue.rest(sell(12, 100));
        venue.rest(buy(10, 102).minimum(8));
        venue.rest(buy(5, 101).minimum(5));
        venue.rest(buy(5, 101).minimum(4));
        venue.rest(buy(5, 60).minimum(1));
        let said = venue.phase(1);
        let expected = [
            "Canceled 16/2 5 why 3",
            "Canceled 16/3 5 why 3",
            "Canceled 16/4 5 why 3",
            "Uncrossed 10@100 over 2 of 2",
            "Traded 10@100",
            "Phase 3>1 by 1",
        ];
        assert_eq!(said, expected, "slice {slice}");
    }
}

#[test]
fn a_minimum_that_never_came_up_ends_before_continuous_trading() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 2);
        for n in 0..5 {
            venue.rest(buy(5, 60 + n).minimum(1));
        }
        venue.rest(buy(5, 50));
        let mut expected: Vec<String> = (1..6).map(|n| format!("Canceled 16/{n} 5 why 3")).collect();
        expected.push("Phase 2>1 by 1".into());
        assert_eq!(venue.phase(1), expected);
        assert_eq!(venue.book(), "5@50 | ");
    }
}

#[test]
fn self_trades_are_prevented_in_auctions_as_in_continuous_trading() {
    for (mode, expected) in [
        (0, vec!["Uncrossed 5@100 over 0 of 0", "Traded 5@100", "Phase 5>1 by 1"]),
        (1, vec!["Uncrossed 5@100 over 0 of 0", "Canceled 30/2 5 why 5", "Phase 5>1 by 1"]),
        (2, vec!["Uncrossed 5@100 over 0 of 0", "Canceled 30/1 9 why 5", "Phase 5>1 by 1"]),
        (
            3,
            vec![
                "Uncrossed 5@100 over 0 of 0",
                "Canceled 30/1 9 why 5",
                "Canceled 30/2 5 why 5",
                "Phase 5>1 by 1",
            ],
        ),
        (
            4,
            vec![
                "Uncrossed 5@100 over 0 of 0",
                "Canceled 30/1 5 why 5",
                "Canceled 30/2 5 why 5",
                "Phase 5>1 by 1",
            ],
        ),
    ] {
        let mut venue = Venue::new(8, 5);
        venue.open(30, 30, mode);
        venue.rest(buy(9, 100).by(30));
        venue.rest(sell(5, 100).by(30));
        let mut said = venue.phase(1);
        said[0] = said[0].replace("over 4 of 1", "over 0 of 0");
        assert_eq!(said, expected, "mode {mode}");
    }
}

#[test]
fn an_iceberg_whose_order_is_cancelled_whole_as_the_later_one_loses_its_reserve_too() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 5);
        venue.open(30, 30, 1);
        venue.rest(buy(9, 100).by(30));
        venue.rest(sell(50, 100).by(30).display(5));
        let said = venue.phase(1);
        assert_eq!(said, ["Uncrossed 9@100 over 41 of 2", "Canceled 30/2 50 why 5", "Phase 5>1 by 1"]);
    }
}

#[test]
fn auctions_indicate_what_they_would_give_when_it_has_changed() {
    let mut venue = Venue::new(32_768, 3);
    venue.list(2, 3, 1);
    assert_eq!(venue.tick(10), ["Ticked"], "nothing is not said");
    venue.rest(buy(5, 101));
    assert_eq!(venue.tick(11), ["Ticked"]);
    let sale = venue.rest(sell(3, 100));
    assert_eq!(venue.tick(12), ["Ticked", "Indicated 3@100 over 2 of 1"]);
    assert_eq!(venue.tick(13), ["Ticked"], "it is said once");
    venue.reference(101);
    assert_eq!(venue.tick(14), ["Ticked", "Indicated 3@101 over 2 of 1"]);
    venue.cancel(17, sale);
    assert_eq!(venue.tick(15), ["Ticked", "Indicated 0@0 over 0 of 0"]);
    venue.phase(5);
    assert_eq!(venue.tick(16), ["Ticked"], "a new phase has said nothing yet");
}

#[test]
fn the_reference_is_the_price_of_the_auction_afterwards() {
    let mut venue = Venue::new(32_768, 6);
    venue.reference(50);
    venue.rest(buy(5, 80));
    venue.rest(sell(5, 70));
    assert_eq!(venue.phase(7), ["Uncrossed 5@70 over 0 of 0", "Traded 5@70", "Phase 6>7 by 1"]);
    assert_eq!(venue.reference(60), ["ReferenceSet 60 after 70"]);
}

#[test]
fn a_reference_is_on_tick_and_in_range() {
    let mut venue = Venue::new(32_768, 7);
    assert_eq!(venue.reference(0), ["ReferenceInvalid"]);
    assert_eq!(venue.reference(1_001), ["ReferenceInvalid"]);
    venue.ticks(&[(100, 10)]);
    assert_eq!(venue.reference(105), ["ReferenceInvalid"]);
    assert_eq!(venue.reference(99), ["ReferenceSet 99 after 0"]);
    let body = SetReference { price: 10, what: 3, reserved: 0, reserved_2: 0 };
    assert_eq!(venue.define(CommandKind::SetReference, 0, ABC, &body), ["ReferenceInvalid"]);
    assert_eq!(venue.define(CommandKind::SetReference, 0, 9, &body), ["InstrumentUnknown"]);
}

#[test]
fn a_table_of_ticks_says_which_prices_there_are() {
    let mut venue = Venue::new(32_768, 1);
    let old = venue.rest(buy(1, 503));
    assert_eq!(venue.ticks(&[(100, 10), (500, 50)]), ["TicksSet"]);
    for (price, expected) in
        [(99, "Accepted"), (100, "Accepted"), (105, "PriceOffTick"), (490, "Accepted"), (510, "PriceOffTick")]
    {
        assert_eq!(venue.place(buy(1, price)), [expected], "{price}");
    }
    assert_eq!(venue.cancel(16, old), ["Canceled 16/1 1 why 1"], "resting orders stay as they were");
    assert_eq!(venue.ticks(&[(100, 3)]), ["TickInvalid"]);
    assert_eq!(venue.ticks(&[]), ["TicksSet"]);
    assert_eq!(venue.place(buy(1, 105)), ["Accepted"]);
    let many: Vec<(i64, i64)> = (1..66).map(|n| (n, 1)).collect();
    assert_eq!(venue.ticks(&many), ["TickInvalid"]);
    assert_eq!(venue.ticks(&many[..64]), ["TicksSet"]);
}

#[test]
fn orders_that_meet_between_two_ticks_still_trade() {
    let mut venue = Venue::new(32_768, 5);
    venue.rest(buy(5, 104));
    venue.rest(sell(5, 103));
    venue.ticks(&[(100, 10)]);
    assert_eq!(venue.phase(1), ["Uncrossed 5@103 over 0 of 0", "Traded 5@103", "Phase 5>1 by 1"]);
}

#[test]
fn the_collar_refuses_limits_too_far_through_the_last_price() {
    let mut venue = Venue::new(32_768, 1);
    assert_eq!(venue.rules(SetRules { collar: 100_000_000, ..NO_RULES }), ["RulesSet"]);
    assert_eq!(venue.place(buy(1, 900)), ["Accepted"], "no price, no collar");
    venue.cancel(16, 1);
    venue.reference(100);
    assert_eq!(venue.place(buy(1, 111)), ["PriceOutsideCollar"]);
    assert_eq!(venue.place(buy(1, 110)), ["Accepted"]);
    assert_eq!(venue.place(sell(1, 89)), ["PriceOutsideCollar"]);
    assert_eq!(venue.replace(16, 3, 1, 111), ["PriceOutsideCollar"]);
    venue.cancel(16, 3);
    venue.rest(sell(5, 110));
    venue.rest(sell(5, 112));
    assert_eq!(
        venue.place(buy(10, 1_000).kind(2).tif(2)),
        ["Accepted", "Traded 5@110", "Canceled 16/5 5 why 2"]
    );
    venue.phase(2);
    assert_eq!(venue.place(sell(1, 50)), ["PriceOutsideCollar"], "in every phase; 110 is the last price");
}

#[test]
fn a_band_that_refuses_stops_orders_at_its_end() {
    let mut venue = Venue::new(32_768, 1);
    venue.reference(100);
    let rules = SetRules { static_band: 100_000_000, dynamic_band: 50_000_000, band_action: 1, ..NO_RULES };
    venue.rules(rules);
    assert_eq!(venue.place(buy(1, 106)), ["PriceOutsideBand"]);
    assert_eq!(venue.place(sell(1, 94)), ["PriceOutsideBand"]);
    venue.rest(sell(5, 105));
    venue.rest(sell(5, 106));
    assert_eq!(
        venue.place(buy(9, 105).tif(3)),
        ["Accepted", "Canceled 16/2 9 why 3"],
        "its dry run ends at the band"
    );
    assert_eq!(
        venue.place(buy(9, 200).kind(2).tif(2)),
        ["Accepted", "Traded 5@105", "Canceled 16/3 4 why 2"]
    );
    assert_eq!(venue.place(buy(9, 110)), ["Accepted", "Traded 5@106"], "and moves with the last price");
    assert_eq!(venue.place(sell(1, 99)), ["PriceOutsideBand"]);
}

#[test]
fn a_band_that_starts_auctions_ends_continuous_trading_for_a_while() {
    for slice in [32_768, 12] {
        let mut venue = Venue::new(slice, 1);
        venue.reference(100);
        let rules = SetRules { static_band: 50_000_000, band_action: 2, auction_ns: 1_000, ..NO_RULES };
        venue.rules(rules);
        venue.rest(sell(5, 105));
        venue.rest(sell(5, 106));
        venue.rest(sell(5, 120));
        venue.at = 77;
        let said = venue.place(buy(8, 110));
        assert_eq!(said, ["Accepted", "Traded 5@105", "Phase 1>5 by 3"]);
        assert_eq!(venue.book(), "3@110 | 5@106 5@120");
        assert_eq!(venue.engine.next_due_ns(), Some(Nanos(1_077)));
        assert_eq!(venue.tick(1_076), ["Ticked", "Indicated 3@106 over 2 of 2"]);
        assert_eq!(
            venue.tick(1_077),
            ["Ticked", "Uncrossed 3@106 over 2 of 2", "Traded 3@106", "Phase 5>1 by 5"]
        );
        assert_eq!(venue.engine.next_due_ns(), None);
        let said = venue.place(buy(9, 900).kind(2).tif(2));
        assert_eq!(said, ["Accepted", "Traded 2@106", "Canceled 16/2 7 why 2", "Phase 1>5 by 3"]);
    }
}

#[test]
fn what_may_not_rest_is_cancelled_when_a_band_starts_an_auction() {
    let mut venue = Venue::new(32_768, 1);
    venue.reference(100);
    venue.rules(SetRules { static_band: 50_000_000, band_action: 2, auction_ns: 5, ..NO_RULES });
    venue.rest(sell(5, 120));
    assert_eq!(venue.place(buy(8, 130).tif(2)), ["Accepted", "Canceled 16/1 8 why 2", "Phase 1>5 by 3"]);
    venue.phase(1);
    assert_eq!(venue.place(buy(8, 119)), ["Accepted"], "within its limit there is nothing beyond the band");
    assert_eq!(
        venue.place(buy(8, 130).tif(3)),
        ["Accepted", "Canceled 16/3 8 why 3"],
        "its dry run ends at the band"
    );
}

#[test]
fn stops_wait_outside_continuous_trading_and_follow_when_it_begins() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 3);
        venue.reference(100);
        venue.rest(buy(2, 150).by(18).kind(5).trigger(101));
        venue.rest(sell(2, 50).by(18).kind(4).trigger(90));
        venue.rest(buy(5, 102));
        venue.rest(sell(5, 102));
        venue.rest(sell(4, 103));
        let said = venue.phase(1);
        let expected = [
            "Uncrossed 5@102 over 0 of 0",
            "Traded 5@102",
            "Phase 3>1 by 1",
            "Triggered 18/1",
            "Traded 2@103",
        ];
        assert_eq!(said, expected, "slice {slice}");
    }
}

#[test]
fn a_tick_does_what_is_due_in_order_of_time() {
    let mut venue = Venue::new(32_768, 7);
    venue.list(2, 3, 7);
    venue.reference(100);
    let second = 1_000_000_000;
    assert_eq!(
        venue.schedule(ABC, &[(second, 2), (2 * second, 3), (3 * second, 1), (9 * second, 7)]),
        ["ScheduleSet"]
    );
    assert_eq!(venue.schedule(2, &[(second, 2), (3 * second, 1)]), ["ScheduleSet"]);
    assert_eq!(venue.engine.next_due_ns(), Some(Nanos(second)));
    assert_eq!(venue.tick(second), ["Ticked", "Phase 7>2 by 2", "Phase 7>2 by 2"]);
    venue.rest(buy(5, 101).expires(3));
    venue.rest(sell(3, 101).expires(3));
    assert_eq!(venue.tick(second + 1), ["Ticked"]);
    let said = venue.tick(5 * second);
    let expected = [
        "Ticked",
        "Phase 2>3 by 2",
        "Canceled 16/1 5 why 6",
        "Canceled 17/1 3 why 6",
        "Uncrossed 0@0 over 0 of 0",
        "Phase 3>1 by 2",
        "Phase 2>1 by 2",
    ];
    assert_eq!(said, expected);
    assert_eq!(venue.engine.next_due_ns(), Some(Nanos(9 * second)));
}

#[test]
fn a_tick_without_room_leaves_the_rest_to_the_next() {
    let mut venue = Venue::new(8, 1);
    for n in 0..8 {
        venue.rest(buy(1, 10 + n).expires(1));
    }
    let second = 1_000_000_000;
    assert_eq!(venue.tick(second).len(), 3, "two events are made, six more fit; then they do not");
    assert_eq!(venue.engine.next_due_ns(), Some(Nanos(second)));
    for _ in 0..2 {
        venue.tick(second);
    }
    assert_eq!(venue.engine.open_orders(), 2);
    venue.tick(second);
    assert_eq!((venue.engine.open_orders(), venue.engine.next_due_ns()), (0, None));
}

#[test]
fn a_schedule_that_cannot_be_becomes_a_halt_or_is_passed_over() {
    let mut venue = Venue::new(32_768, 3);
    venue.schedule(ABC, &[(10, 3), (20, 1), (30, 4), (40, 2), (50, 1), (60, 7)]);
    assert_eq!(venue.tick(10), ["Ticked"], "the phase that it has");
    assert_eq!(venue.tick(20), ["Ticked", "Phase 3>4 by 2"], "no reference price");
    assert_eq!(venue.tick(30), ["Ticked"]);
    assert_eq!(venue.tick(40), ["Ticked", "Phase 4>2 by 2"]);
    venue.rest(buy(1, 100));
    venue.rest(sell(1, 100));
    assert_eq!(venue.tick(50), ["Ticked", "Phase 2>4 by 2"], "crossed");
    venue.phase(8);
    assert_eq!(venue.tick(60), ["Ticked"], "suspended");
    assert_eq!(venue.engine.next_due_ns(), None);
}

#[test]
fn schedules_are_judged_and_can_be_taken_away() {
    let mut venue = Venue::new(32_768, 7);
    venue.at = 100;
    assert_eq!(venue.schedule(ABC, &[(100, 1)]), ["ScheduleInvalid"]);
    assert_eq!(venue.schedule(ABC, &[(101, 1), (101, 2)]), ["ScheduleInvalid"]);
    assert_eq!(venue.schedule(ABC, &[(101, 8)]), ["ScheduleInvalid"]);
    assert_eq!(venue.schedule(9, &[(101, 8)]), ["InstrumentUnknown"]);
    let many: Vec<(i64, u8)> = (0..129).map(|n| (101 + n, 1)).collect();
    assert_eq!(venue.schedule(ABC, &many), ["ScheduleInvalid"]);
    assert_eq!(venue.schedule(ABC, &many[..128]), ["ScheduleSet"]);
    assert_eq!(venue.schedule(ABC, &[]), ["ScheduleSet"]);
    assert_eq!(venue.engine.next_due_ns(), None);
}

#[test]
fn rules_are_judged() {
    let mut venue = Venue::new(32_768, 7);
    assert_eq!(venue.rules(SetRules { static_band: -1, ..NO_RULES }), ["BandInvalid"]);
    assert_eq!(venue.rules(SetRules { static_band: 1, ..NO_RULES }), ["BandInvalid"]);
    assert_eq!(venue.rules(NO_RULES), ["RulesSet"]);
    assert_eq!(venue.define(CommandKind::SetRules, 0, 9, &NO_RULES), ["InstrumentUnknown"]);
    let body = SetPhase { phase: 1, reserved: 0, reserved_2: 0 };
    assert_eq!(venue.define(CommandKind::SetPhase, 0, 9, &body), ["InstrumentUnknown"]);
}

#[test]
fn a_delisted_instrument_loses_its_orders_slice_by_slice() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 1);
        for n in 0..5 {
            venue.rest(buy(5, 60 + n));
            venue.rest(sell(5, 160 + n));
        }
        venue.rest(buy(5, 160).kind(5).trigger(150));
        venue.phase(8);
        let said = venue.phase(9);
        assert_eq!(said[..2], ["Phase 8>9 by 1", "SweepBegun 17 0 in 1"]);
        assert_eq!(said.len(), 14, "{said:?}");
        assert!(said[2..13].iter().all(|event| event.ends_with("5 why 11")), "{said:?}");
        assert_eq!(said[13], "SweepEnded 17 11 in 1");
        assert_eq!(venue.engine.open_orders(), 0);
        assert_eq!(venue.phase(7), ["PhaseInvalid"]);
        venue.schedule(ABC, &[(50, 1)]);
        assert_eq!(venue.tick(50), ["Ticked"]);
    }
}

#[test]
fn after_an_unclean_start_instruments_halt_by_their_policy() {
    for slice in SLICES {
        let mut venue = Venue::new(slice, 3);
        venue.list(2, 3, 1);
        venue.list(3, 3, 1);
        venue.list(4, 3, 7);
        venue.rest(buy(5, 60).tif(6));
        for (instrument, resume) in [(ABC, 2), (2, 1), (4, 2)] {
            let rules = SetRules { resume, auction_ns: 500, ..NO_RULES };
            assert_eq!(venue.define(CommandKind::SetRules, 0, instrument, &rules), ["RulesSet"]);
        }
        venue.at = 1_000;
        let mut said = venue.unclean_start();
        said.extend(venue.go_on());
        let expected = [
            "UncleanStarted",
            "Canceled 16/1 5 why 2",
            "Phase 3>4 by 4",
            "Phase 4>5 by 4",
            "Phase 1>4 by 4",
            "SweepEnded 14 0 in 0",
        ];
        assert_eq!(said, expected, "slice {slice}");
        assert_eq!(venue.engine.next_due_ns(), Some(Nanos(1_500)));
        assert_eq!(venue.tick(1_500), ["Ticked", "Uncrossed 0@0 over 0 of 0", "Phase 5>1 by 5"]);
    }
}

#[test]
fn an_order_at_work_comes_to_its_end_before_an_unclean_start_halts_its_instrument() {
    let mut venue = Venue::new(8, 1);
    venue.rules(SetRules { resume: 1, ..NO_RULES });
    for _ in 0..4 {
        venue.rest(sell(1, 100));
    }
    assert_eq!(venue.place(buy(4, 100)), ["Accepted", "Traded 1@100"]);
    assert_eq!(venue.unclean_start(), ["UncleanStarted"]);
    let said = venue.go_on();
    let expected = ["Traded 1@100", "Traded 1@100", "Traded 1@100", "Phase 1>4 by 4", "SweepEnded 14 0 in 0"];
    assert_eq!(said, expected);
}

#[test]
fn a_cancel_in_the_middle_of_an_uncross_may_take_away_what_was_due() {
    let mut venue = Venue::new(8, 5);
    venue.reference(100);
    let parent = venue.rest(buy(2, 100));
    let child = venue.rest(sell(2, 120).by(16).flags(8).with(|body| body.target = parent));
    venue.rest(buy(9, 100).by(18));
    for _ in 0..5 {
        venue.rest(sell(2, 100));
    }
    assert_eq!(venue.phase_once(1), ["Uncrossed 10@100 over 1 of 1", "Traded 2@100"]);
    assert_eq!(venue.cancel(16, child), ["Canceled 16/2 2 why 1"]);
    let said = venue.go_on();
    assert_eq!(said.len(), 5, "{said:?}");
    assert_eq!(venue.book(), "1@100 | ");
}
