//! Price bands and collars: how far an order may be priced, and how far it may trade.

use garraway_book::Slot;
use garraway_types::{Reject, SetRules, Side, TickStep, code, detail};

use crate::emit::Emit;
use crate::engine::Engine;
use crate::instruments::{Instrument, guard};

/// One, in the unit of bands.
const ONE: i64 = 1_000_000_000;
/// The longest volatility auction: a day.
const LONGEST_AUCTION_NS: i64 = 86_400 * ONE;

/// Rules of an instrument to which none were given.
pub(crate) const NO_RULES: SetRules = SetRules {
    static_band: 0,
    dynamic_band: 0,
    collar: 0,
    auction_ns: 0,
    band_action: 0,
    resume: 0,
    reserved: 0,
};

/// What of an order bands and collars ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Priced {
    pub(crate) side: Side,
    pub(crate) order_type: u8,
    pub(crate) price: i64,
}

impl Priced {
    /// Whether its price is a limit that it was sent with.
    fn is_limit(&self) -> bool {
        matches!(self.order_type, code::LIMIT | code::MARKET_TO_LIMIT)
    }

    /// Whether its price is a bound that a collar may tighten.
    fn is_market(&self) -> bool {
        matches!(self.order_type, code::MARKET | code::STOP | code::TRAILING_STOP)
    }
}

/// Prices from a lowest to a highest one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Span {
    /// Every price.
    pub(crate) const ALL: Span = Span { low: i64::MIN, high: i64::MAX };

    /// The span of `width` (in 1e-9, up to one) around a price: the lower end rounded up, the upper one down.
    fn around(price: i64, width: i64) -> Span {
        let (price, width, one) = (i128::from(price), i128::from(width), i128::from(ONE));
        let low = -(-(price * (one - width))).div_euclid(one);
        let high = (price * (one + width)).div_euclid(one);
        Span { low: low as i64, high: i64::try_from(high).unwrap_or(i64::MAX) }
    }

    fn and(self, other: Span) -> Span {
        Span { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    /// Whether a buy at this price is not above, a sell not below the span.
    fn has(self, side: Side, price: i64) -> bool {
        match side {
            Side::Buy => price <= self.high,
            Side::Sell => price >= self.low,
        }
    }

    /// The price brought to the span's end where it lies beyond.
    fn bring_in(self, side: Side, price: i64) -> i64 {
        match side {
            Side::Buy => price.min(self.high),
            Side::Sell => price.max(self.low),
        }
    }
}

/// Whether rules say nothing of trades and auctions: the house deals at its quotes.
pub(crate) fn fits_house(rules: &SetRules) -> bool {
    let none = rules.static_band | rules.dynamic_band | rules.collar == 0;
    none && rules.band_action == 0 && rules.resume != code::RESUME_AUCTION
}

/// Whether an instrument may have these rules.
pub(crate) fn is_sound(rules: &SetRules) -> bool {
    let SetRules { static_band, dynamic_band, collar, auction_ns, band_action, resume, .. } = *rules;
    let widths = [static_band, dynamic_band, collar].into_iter().all(|width| (0..=ONE).contains(&width));
    let action = match (static_band, dynamic_band) {
        (0, 0) => band_action == 0,
        _ => matches!(band_action, code::BAND_REJECTS | code::BAND_STARTS_AUCTION),
    };
    let starts_auctions = band_action == code::BAND_STARTS_AUCTION || resume == code::RESUME_AUCTION;
    let lasts = (i64::from(starts_auctions)..=LONGEST_AUCTION_NS).contains(&auction_ns);
    widths && action && resume <= code::RESUME_AUCTION && lasts
}

/// Whether there is anything that an order must be asked.
pub(crate) fn has_any(rules: &SetRules) -> bool {
    (rules.static_band | rules.dynamic_band | rules.collar) != 0
}

/// The price around which dynamic band and collar lie: last, else reference, else 0 for none.
fn center(instrument: &Instrument) -> i64 {
    if instrument.last != 0 { instrument.last } else { instrument.reference }
}

fn span_of(price: i64, width: i64) -> Span {
    if price == 0 || width == 0 { Span::ALL } else { Span::around(price, width) }
}

/// Where orders may trade now: everywhere, where there is no band or no price for one.
pub(crate) fn band(instrument: &Instrument) -> Span {
    let rules = &instrument.rules;
    span_of(instrument.reference, rules.static_band).and(span_of(center(instrument), rules.dynamic_band))
}

fn collar(instrument: &Instrument) -> Span {
    span_of(center(instrument), instrument.rules.collar)
}

/// `PriceOutsideCollar` or `PriceOutsideBand` for an order that is priced too far.
pub(crate) fn judge_price(instrument: &Instrument, order: Priced) -> Result<(), Reject> {
    if !order.is_limit() || !has_any(&instrument.rules) {
        return Ok(());
    }
    if !collar(instrument).has(order.side, order.price) {
        return Err(Reject::PriceOutsideCollar);
    }
    let asked = instrument.rules.band_action == code::BAND_REJECTS && instrument.is_continuous();
    if asked && !band(instrument).has(order.side, order.price) {
        return Err(Reject::PriceOutsideBand);
    }
    Ok(())
}

/// How far an order that enters now may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Its limit or bound, or the end of the collar before it.
    pub(crate) limit: i64,
    /// The worst price at which it may trade: `limit`, or the end of the band before it.
    pub(crate) worst: i64,
}

/// How far an order that enters now in continuous trading may go.
pub(crate) fn reach(instrument: &Instrument, order: Priced) -> Reach {
    if !has_any(&instrument.rules) {
        return Reach { limit: order.price, worst: order.price };
    }
    let collar = if order.is_market() { collar(instrument) } else { Span::ALL };
    let limit = collar.bring_in(order.side, order.price);
    Reach { limit, worst: band(instrument).bring_in(order.side, limit) }
}

impl Instrument {
    /// Gives the instrument other rules.
    pub(crate) fn set_rules(&mut self, rules: SetRules) {
        self.rules = rules;
        self.guard_rules();
    }

    /// Gives the instrument another table of ticks.
    pub(crate) fn set_steps(&mut self, steps: Vec<TickStep>) {
        self.steps = steps;
        self.pegs.forget_prices();
        self.guard_rules();
    }

    fn guard_rules(&mut self) {
        let special = has_any(&self.rules) || !self.steps.is_empty() || self.terms.is_dealt();
        self.set_guard(guard::RULES, special);
    }
}

impl Engine {
    /// What is left of an order that came to the end of a band: it is cancelled, or rests and the instrument goes into an auction.
    pub(crate) fn stop_at_band(&mut self, slot: Slot, emit: &mut Emit<'_, '_>) {
        let number = self.slab[slot].payload.instrument;
        let action = self.instruments.of_order(number).rules.band_action;
        if action == code::BAND_STARTS_AUCTION {
            self.come_to_rest(slot, emit);
            self.close_order_run(number);
            self.begin_volatility_auction(number, detail::BY_BAND, emit);
        } else {
            self.cancel_whole(slot, detail::NOT_FILLED, true, emit);
            self.close_order_run(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_AUCTION_NS, NO_RULES, ONE, Span, is_sound};
    use garraway_types::{SetRules, Side};

    #[test]
    fn the_ends_of_a_band_are_rounded_inwards() {
        let span = |low, high| Span { low, high };
        assert_eq!(Span::around(100, 50_000_000), span(95, 105));
        assert_eq!(Span::around(101, 50_000_000), span(96, 106));
        assert_eq!(Span::around(7, 1), span(7, 7));
        assert_eq!(Span::around(7, ONE), span(0, 14));
    }

    #[test]
    fn bands_around_the_largest_prices_do_not_wrap() {
        assert_eq!(Span::around(i64::MAX, ONE), Span { low: 0, high: i64::MAX });
        assert_eq!(Span::around(i64::MAX, 1).high, i64::MAX);
        let low = i64::MAX - i64::MAX / ONE;
        assert_eq!(Span::around(i64::MAX, 1).low, low);
    }

    #[test]
    fn only_the_far_end_binds_an_order() {
        let span = Span { low: 95, high: 105 };
        assert!(span.has(Side::Buy, 1) && span.has(Side::Buy, 105) && !span.has(Side::Buy, 106));
        assert!(span.has(Side::Sell, 900) && span.has(Side::Sell, 95) && !span.has(Side::Sell, 94));
        assert_eq!((span.bring_in(Side::Buy, 200), span.bring_in(Side::Sell, 1)), (105, 95));
        assert_eq!((span.bring_in(Side::Buy, 99), span.bring_in(Side::Sell, 99)), (99, 99));
    }

    #[test]
    fn rules_outside_their_ranges_are_not_sound() {
        let sound = SetRules { static_band: 1, band_action: 2, auction_ns: 1, ..NO_RULES };
        assert!(is_sound(&NO_RULES) && is_sound(&sound));
        let broken: &[fn(&mut SetRules)] = &[
            |r| r.static_band = -1,
            |r| r.static_band = ONE + 1,
            |r| r.dynamic_band = -1,
            |r| r.dynamic_band = ONE + 1,
            |r| r.collar = -1,
            |r| r.collar = ONE + 1,
            |r| r.band_action = 0,
            |r| r.band_action = 3,
            |r| r.static_band = 0,
            |r| r.resume = 3,
            |r| r.auction_ns = 0,
            |r| r.auction_ns = LONGEST_AUCTION_NS + 1,
            |r| r.auction_ns = -1,
        ];
        for (number, harm) in broken.iter().enumerate() {
            let mut rules = sound;
            harm(&mut rules);
            assert!(!is_sound(&rules), "{number}: {rules:?}");
        }
        assert!(!is_sound(&SetRules { resume: 2, ..NO_RULES }));
        assert!(is_sound(&SetRules { resume: 2, auction_ns: LONGEST_AUCTION_NS, ..NO_RULES }));
        assert!(!is_sound(&SetRules { auction_ns: -1, ..NO_RULES }));
    }
}
