//! The price of an auction: the largest volume, then the least left over, then the nearest to a reference.
//!
//! Pure: claims of both sides in, price out. Source: docs/concepts/phases.md, "The price of an auction".

use std::cmp::Ordering;

use garraway_types::Side;

use crate::ticks::Grid;

/// Rounds in which orders with a pending minimum are left out one group after the other; after them all are.
pub(crate) const ROUNDS: u32 = 16;

/// Lots that are claimed at a price: of one order, or of several that follow each other in priority and have no minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) price: i64,
    pub(crate) lots: u64,
    /// Lots that the order takes at least, or none at all; 0 without such a minimum.
    pub(crate) minimum: u32,
    /// Which order it is, where it has a minimum.
    pub(crate) slot: u32,
}

/// What of an instrument decides the price beside its orders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Market<'a> {
    pub(crate) grid: Grid<'a>,
    pub(crate) min_price: i64,
    pub(crate) max_price: i64,
    /// The price to be near to: reference, else last, else 0.
    pub(crate) near: i64,
}

/// A price with its volume. All zero where nothing would trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) price: i64,
    pub(crate) volume: u64,
    pub(crate) left_over: u64,
    /// The side of what is left over, as its code; 0 where nothing is.
    pub(crate) side: u8,
}

/// Prices from `low` to `high` at which demand and supply are the same.
#[derive(Clone, Copy, Debug)]
struct Segment {
    low: i64,
    high: i64,
    demand: u64,
    supply: u64,
}

impl Segment {
    fn volume(&self) -> u64 {
        self.demand.min(self.supply)
    }

    fn left_over(&self) -> u64 {
        self.demand.abs_diff(self.supply)
    }
}

/// The price at which these claims, best first on both sides, would trade. Where they meet between two ticks only, which can be after a
/// change of ticks, every price counts as on tick.
pub(crate) fn equilibrium(bids: &[Claim], asks: &[Claim], market: &Market<'_>) -> Found {
    let segments = segments(bids, asks, market);
    let best = best_price(&segments, market).or_else(|| {
        let grid = Grid { tick: 1, steps: &[] };
        best_price(&segments, &Market { grid, ..*market })
    });
    let Some((segment, price)) = best else { return Found::default() };
    let side = match segment.demand.cmp(&segment.supply) {
        Ordering::Greater => Side::Buy as u8,
        Ordering::Less => Side::Sell as u8,
        Ordering::Equal => 0,
    };
    Found { price, volume: segment.volume(), left_over: segment.left_over(), side }
}

fn best_price(segments: &[Segment], market: &Market<'_>) -> Option<(Segment, i64)> {
    let mut best: Option<(Segment, i64)> = None;
    for segment in segments {
        for price in nearest(segment, market).into_iter().flatten() {
            if best.is_none_or(|(held, at)| is_better((segment, price), (&held, at), market.near)) {
                best = Some((*segment, price));
            }
        }
    }
    best
}

/// The stretches of prices, from the best sell up to the best buy, between which demand or supply changes.
fn segments(bids: &[Claim], asks: &[Claim], market: &Market<'_>) -> Vec<Segment> {
    let (Some(first_bid), Some(first_ask)) = (bids.first(), asks.first()) else { return Vec::new() };
    let low = first_ask.price.max(market.min_price);
    let high = first_bid.price.min(market.max_price);
    if low > high {
        return Vec::new();
    }
    let mut waiting = bids.partition_point(|bid| bid.price >= low);
    let mut demand: u64 = bids[..waiting].iter().map(|bid| bid.lots).sum();
    let (mut supply, mut next_ask) = (0, 0);
    let mut found = Vec::with_capacity(waiting.min(1 << 16));
    let mut from = low;
    loop {
        while waiting > 0 && bids[waiting - 1].price < from {
            waiting -= 1;
            demand -= bids[waiting].lots;
        }
        while next_ask < asks.len() && asks[next_ask].price <= from {
            supply += asks[next_ask].lots;
            next_ask += 1;
        }
        let until_bid = if waiting > 0 { bids[waiting - 1].price } else { high };
        let until_ask = asks.get(next_ask).map_or(high, |ask| ask.price - 1);
        let to = until_bid.min(until_ask).min(high);
        found.push(Segment { low: from, high: to, demand, supply });
        if to == high {
            return found;
        }
        from = to + 1;
    }
}

/// The prices on tick of a segment next to the reference: from below and from above.
fn nearest(segment: &Segment, market: &Market<'_>) -> [Option<i64>; 2] {
    let Segment { low, high, .. } = *segment;
    if segment.volume() == 0 {
        return [None, None];
    }
    let below = market.grid.down(market.near.clamp(low, high));
    let above = market.grid.up(market.near.clamp(low, high));
    [Some(below).filter(|price| *price >= low), Some(above).filter(|price| *price <= high)]
}

/// Whether the auction takes the first price rather than the second.
fn is_better((one, price): (&Segment, i64), (other, at): (&Segment, i64), near: i64) -> bool {
    if one.volume() != other.volume() {
        return one.volume() > other.volume();
    }
    if one.left_over() != other.left_over() {
        return one.left_over() < other.left_over();
    }
    let (mine, its) = (price.abs_diff(near), at.abs_diff(near));
    if mine != its {
        return mine < its;
    }
    // Equally near from both sides: demand draws the price up, supply down, by what they are at the higher one.
    match price.cmp(&at) {
        Ordering::Greater => one.demand >= one.supply,
        Ordering::Less => other.demand < other.supply,
        Ordering::Equal => false,
    }
}

/// Works the price out and takes the orders out of the claims that would not get their minimum, until all that are left get theirs.
///
/// `order` is asked before a volume is given out to a side: it brings the claims at the price where the volume ends into their order of
/// priority, if they are not yet. At all other prices each claim gets everything or nothing.
pub(crate) fn settle_minimums(
    bids: &mut Vec<Claim>,
    asks: &mut Vec<Claim>,
    market: &Market<'_>,
    mut order: impl FnMut(Side, u64, &mut Vec<Claim>),
) -> Found {
    for _ in 0..ROUNDS {
        let found = equilibrium(bids, asks, market);
        order(Side::Buy, found.volume, bids);
        order(Side::Sell, found.volume, asks);
        let before = bids.len() + asks.len();
        drop_short(bids, &found, Side::Buy);
        drop_short(asks, &found, Side::Sell);
        if bids.len() + asks.len() == before {
            return found;
        }
    }
    bids.retain(|claim| claim.minimum == 0);
    asks.retain(|claim| claim.minimum == 0);
    equilibrium(bids, asks, market)
}

/// Gives the volume out by priority and takes away the orders that get less than their minimum.
fn drop_short(claims: &mut Vec<Claim>, found: &Found, side: Side) {
    if claims.iter().all(|claim| claim.minimum == 0) {
        return;
    }
    let mut left = found.volume;
    claims.retain(|claim| {
        let takes_part = match side {
            Side::Buy => claim.price >= found.price,
            Side::Sell => claim.price <= found.price,
        };
        let given = if takes_part { claim.lots.min(left) } else { 0 };
        left -= given;
        given >= u64::from(claim.minimum)
    });
}

#[cfg(test)]
mod tests {
    use super::{Claim, Found, Market, ROUNDS, equilibrium, settle_minimums};
    use crate::ticks::{Grid, is_table};
    use garraway_types::TickStep;

    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }
    }

    /// Every price on tick, one after the other, straight from the page.
    fn naive(bids: &[Claim], asks: &[Claim], market: &Market<'_>) -> Found {
        let sums = |price: i64| {
            let demand: u64 = bids.iter().filter(|b| b.price >= price).map(|b| b.lots).sum();
            let supply: u64 = asks.iter().filter(|a| a.price <= price).map(|a| a.lots).sum();
            (demand, supply)
        };
        let mut prices: Vec<i64> = (market.min_price..=market.max_price)
            .filter(|price| sums(*price).0.min(sums(*price).1) > 0)
            .collect();
        if prices.iter().any(|price| market.grid.is_on_tick(*price)) {
            prices.retain(|price| market.grid.is_on_tick(*price));
        }
        let volume = prices.iter().map(|p| sums(*p).0.min(sums(*p).1)).max().unwrap_or(0);
        prices.retain(|p| sums(*p).0.min(sums(*p).1) == volume);
        let left_over = prices.iter().map(|p| sums(*p).0.abs_diff(sums(*p).1)).min().unwrap_or(0);
        prices.retain(|p| sums(*p).0.abs_diff(sums(*p).1) == left_over);
        let distance = prices.iter().map(|p| p.abs_diff(market.near)).min().unwrap_or(0);
        prices.retain(|p| p.abs_diff(market.near) == distance);
        let price = match prices[..] {
            [] => return Found::default(),
            [only] => only,
            [lower, higher] => {
                if sums(higher).0 >= sums(higher).1 {
                    higher
                } else {
                    lower
                }
            }
            _ => unreachable!("three prices at one distance"),
        };
        let (demand, supply) = sums(price);
        let side = if demand > supply {
            1
        } else if supply > demand {
            2
        } else {
            0
        };
        Found { price, volume, left_over, side }
    }

    fn side(random: &mut Random, count: u64, most: u64, minimums: bool) -> Vec<Claim> {
        let lots = [1, 1, 2, 3, 5, u64::from(u32::MAX)];
        (0..random.below(count))
            .map(|slot| {
                let lots = lots[random.below(6) as usize];
                let pending = minimums && random.below(2) == 0;
                let minimum = if pending { 1 + random.below(lots.min(6)) as u32 } else { 0 };
                Claim { price: 1 + random.below(most) as i64, lots, minimum, slot: slot as u32 }
            })
            .collect()
    }

    fn books(seed: u64, minimums: bool, mut judge: impl FnMut(Vec<Claim>, Vec<Claim>, Market<'_>)) {
        let mut random = Random(seed);
        let tables: [&[TickStep]; 4] = [
            &[],
            &[],
            &[TickStep { from_price: 6, tick: 3 }, TickStep { from_price: 12, tick: 1 }],
            &[TickStep { from_price: 4, tick: 4 }, TickStep { from_price: 15, tick: 5 }],
        ];
        assert!(tables.iter().all(|table| is_table(table)));
        for _ in 0..100_000 {
            let most = 2 + random.below(24);
            let mut bids = side(&mut random, 8, most, minimums);
            let mut asks = side(&mut random, 8, most, minimums);
            bids.sort_by_key(|bid| -bid.price);
            asks.sort_by_key(|ask| ask.price);
            let steps = tables[random.below(4) as usize];
            let tick = 1 + random.below(3) as i64;
            let near =
                [0, random.below(30) as i64, random.below(30) as i64, i64::MAX][random.below(4) as usize];
            let min_price = 1 + random.below(4) as i64;
            let max_price = min_price + random.below(26) as i64;
            judge(bids, asks, Market { grid: Grid { tick, steps }, min_price, max_price, near });
        }
    }

    #[test]
    fn the_price_equals_a_search_over_all_prices() {
        let mut traded = 0;
        books(5, false, |bids, asks, market| {
            let found = equilibrium(&bids, &asks, &market);
            assert_eq!(found, naive(&bids, &asks, &market), "{bids:?} {asks:?} {market:?}");
            traded += u32::from(found.volume > 0);
        });
        assert!(traded > 40_000, "{traded} books traded");
    }

    #[test]
    fn minimums_equal_their_naive_twin() {
        let (mut short, mut met) = (0, 0);
        books(11, true, |bids, asks, market| {
            let (mut kept_bids, mut kept_asks) = (bids.clone(), asks.clone());
            let found = settle_minimums(&mut kept_bids, &mut kept_asks, &market, |_, _, _| ());
            let (expected, kept) = naive_minimums(&bids, &asks, &market);
            assert_eq!(found, expected, "{bids:?} {asks:?} {market:?}");
            assert_eq!((&kept_bids, &kept_asks), (&kept.0, &kept.1));
            short += u32::from(bids.len() + asks.len() > kept.0.len() + kept.1.len());
            met += u32::from(kept.0.iter().chain(&kept.1).any(|claim| claim.minimum > 0));
        });
        assert!(short > 10_000 && met > 10_000, "{short} short, {met} met");
    }

    type Sides = (Vec<Claim>, Vec<Claim>);

    fn naive_minimums(bids: &[Claim], asks: &[Claim], market: &Market<'_>) -> (Found, Sides) {
        let (mut bids, mut asks) = (bids.to_vec(), asks.to_vec());
        for round in 0.. {
            let found = naive(&bids, &asks, market);
            let short = |claims: &[Claim], is_in: &dyn Fn(i64) -> bool| -> Vec<usize> {
                let lots = |at: usize| if is_in(claims[at].price) { claims[at].lots } else { 0 };
                let given = |at: usize| {
                    let ahead: u64 = (0..at).map(lots).sum();
                    lots(at).min(found.volume.saturating_sub(ahead))
                };
                (0..claims.len())
                    .filter(|at| claims[*at].minimum > 0)
                    .filter(|at| round == ROUNDS || given(*at) < u64::from(claims[*at].minimum))
                    .collect()
            };
            let short_bids = short(&bids, &|price| price >= found.price);
            let short_asks = short(&asks, &|price| price <= found.price);
            if short_bids.is_empty() && short_asks.is_empty() {
                return (found, (bids, asks));
            }
            for at in short_bids.into_iter().rev() {
                bids.remove(at);
            }
            for at in short_asks.into_iter().rev() {
                asks.remove(at);
            }
        }
        unreachable!("rounds end")
    }

    #[test]
    fn the_sixteenth_round_is_the_last_one() {
        // Each pending order leans on the one before it, so one falls out per round: more of them than there are rounds.
        let market = Market { grid: Grid { tick: 1, steps: &[] }, min_price: 1, max_price: 1_000, near: 0 };
        let claim = |price, lots, minimum, slot| Claim { price, lots, minimum, slot };
        for chain in [3, 8, 9, 20] {
            let all_or_none = |price, first: u32| (1..chain).map(move |n| claim(price, 2, 2, first + n));
            let asks: Vec<Claim> = std::iter::once(claim(10, 1, 0, 0)).chain(all_or_none(10, 0)).collect();
            let bids: Vec<Claim> =
                std::iter::once(claim(20, 2, 2, 100)).chain(all_or_none(20, 100)).collect();
            let (mut kept_bids, mut kept_asks) = (bids.clone(), asks.clone());
            let found = settle_minimums(&mut kept_bids, &mut kept_asks, &market, |_, _, _| ());
            let (expected, kept) = naive_minimums(&bids, &asks, &market);
            assert_eq!((found, (kept_bids, kept_asks)), (expected, kept), "chain of {chain}");
        }
    }

    #[test]
    fn demand_draws_a_price_between_two_equally_near_ones_up() {
        let grid = Grid { tick: 2, steps: &[] };
        let market = Market { grid, min_price: 2, max_price: 100, near: 11 };
        let claim = |price, lots| Claim { price, lots, minimum: 0, slot: 0 };
        let price = |bid, ask| equilibrium(&[claim(20, bid)], &[claim(4, ask)], &market).price;
        assert_eq!((price(5, 5), price(6, 5), price(5, 6)), (12, 12, 10));
    }

    #[test]
    fn a_million_levels_are_no_trouble() {
        let claim = |price| Claim { price, lots: u64::from(u32::MAX), minimum: 0, slot: 0 };
        let bids: Vec<Claim> = (0..1_000_000).map(|n| claim(2_000_000 - n)).collect();
        let asks: Vec<Claim> = (0..1_000_000).map(|n| claim(500_000 + n)).collect();
        let market =
            Market { grid: Grid { tick: 1, steps: &[] }, min_price: 1, max_price: i64::MAX, near: 1 };
        let found = equilibrium(&bids, &asks, &market);
        assert_eq!((found.price, found.volume), (1_250_000, 750_001 * u64::from(u32::MAX)));
    }
}
