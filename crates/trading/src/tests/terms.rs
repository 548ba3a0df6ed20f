//! Prices in and out, and the exact cost of positions.

use garraway_types::Side;

use crate::position::Position;
use crate::terms::Terms;

pub(super) fn terms() -> Terms {
    Terms {
        number: 1,
        symbol: "TEST".into(),
        quote_asset: 1,
        price_decimals: 2,
        tick: 5,
        price_value: 1_000_000,
        money_decimals: 8,
        min_price: 5,
        max_price: 10_000_000_000,
        max_quantity: 1_000,
    }
}

#[test]
fn a_price_is_on_a_tick_or_refused_with_what_to_do() {
    let terms = terms();
    assert_eq!(terms.units(100.05, "limit"), Ok(10_005));
    assert_eq!(terms.units(0.1 + 0.2, "limit"), Ok(30));
    let told = terms.units(100.07, "limit").map_err(|misuse| misuse.0);
    assert_eq!(
        told,
        Err("limit 100.07 is not on a tick of TEST, which is 0.05: give self.round(100.07), or \"down\" or \"up\" with it".into())
    );
    assert!(terms.units(f64::NAN, "limit").is_err());
    assert!(terms.units(-5.0, "limit").is_err());
    assert_eq!([-1, 0, 1].map(|way| terms.rounded(100.07, way)), [100.05, 100.05, 100.10]);
    assert_eq!([-1, 0, 1].map(|way| terms.rounded(100.05, way)), [100.05; 3]);
}

#[test]
fn closing_a_part_releases_its_part_of_the_cost_rounded_half_up() {
    let mut position = Position::default();
    assert_eq!(position.take(Side::Buy, 3, 300), 0);
    assert_eq!(position.take(Side::Buy, 1, 101), 0);
    assert_eq!(position, Position { lots: 4, cost: 401 });
    // 401 / 4 = 100.25 -> 100
    assert_eq!(position.take(Side::Sell, 1, 110), 10);
    assert_eq!(position, Position { lots: 3, cost: 301 });
    // Turned: 3 closed at 90 each, 2 short at 90 each.
    assert_eq!(position.take(Side::Sell, 5, 450), 270 - 301);
    assert_eq!(position, Position { lots: -2, cost: 180 });
    assert_eq!(position.take(Side::Buy, 2, 160), 20);
    assert_eq!(position, Position { lots: 0, cost: 0 });
}
