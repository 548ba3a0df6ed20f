//! One file per command: check in order of precedence, change state, emit.

mod bust_trade;
mod cancel_order;
mod change_instrument;
mod clean_close;
mod continue_work;
mod define_asset;
mod define_fee_plan;
mod define_group;
mod define_session;
mod define_source;
mod deposit;
mod end_of_day;
mod list_instrument;
mod mass_cancel;
mod mass_quote;
mod open_account;
mod pay_dividend;
mod place_order;
mod place_special;
mod replace_order;
mod replace_special;
mod set_account;
mod set_dealing;
mod set_kill;
mod set_limits;
mod set_markup;
mod set_phase;
mod set_quote;
mod set_reference;
mod set_restriction;
mod set_rules;
mod set_schedule;
mod set_ticks;
mod split_instrument;
mod tick;
mod unclean_start;
mod withdraw;

pub(crate) use bust_trade::bust_trade;
pub(crate) use cancel_order::cancel_order;
pub(crate) use change_instrument::change_instrument;
pub(crate) use clean_close::clean_close;
pub(crate) use continue_work::continue_work;
pub(crate) use define_asset::define_asset;
pub(crate) use define_fee_plan::define_fee_plan;
pub(crate) use define_group::define_group;
pub(crate) use define_session::define_session;
pub(crate) use define_source::define_source;
pub(crate) use deposit::deposit;
pub(crate) use end_of_day::end_of_day;
pub(crate) use list_instrument::{is_counted, list_instrument, listing_values};
pub(crate) use mass_cancel::mass_cancel;
pub(crate) use mass_quote::mass_quote;
pub(crate) use open_account::open_account;
pub(crate) use pay_dividend::pay_dividend;
pub(crate) use place_order::place_order;
pub(crate) use place_special::{Sender, place_special};
pub(crate) use replace_order::replace_order;
pub(crate) use replace_special::replace_special;
pub(crate) use set_account::set_account;
pub(crate) use set_dealing::set_dealing;
pub(crate) use set_kill::set_kill;
pub(crate) use set_limits::set_limits;
pub(crate) use set_markup::set_markup;
pub(crate) use set_phase::set_phase;
pub(crate) use set_quote::set_quote;
pub(crate) use set_reference::set_reference;
pub(crate) use set_restriction::set_restriction;
pub(crate) use set_rules::set_rules;
pub(crate) use set_schedule::set_schedule;
pub(crate) use set_ticks::set_ticks;
pub(crate) use split_instrument::split_instrument;
pub(crate) use tick::tick;
pub(crate) use unclean_start::unclean_start;
pub(crate) use withdraw::withdraw;

use garraway_types::{Reject, Side, code, limits, name_of};

use crate::accounts::Account;
use crate::instruments::Instrument;

type Judged = Result<(), Reject>;

/// `Err(reason)` unless the condition holds.
#[inline(always)]
fn require(condition: bool, reason: Reject) -> Judged {
    if condition { Ok(()) } else { Err(reason) }
}

fn require_name(field: &[u8], longest: usize) -> Judged {
    require(name_of(field, longest).is_some(), Reject::NameInvalid)
}

/// Whether there is such a self-trade prevention.
fn is_self_trade(mode: u8, of: u8) -> bool {
    match mode {
        code::SELF_TRADE_ALLOWED => of <= code::OF_FIRM,
        code::CANCEL_NEWEST..=code::DECREMENT => matches!(of, code::OF_ACCOUNT | code::OF_FIRM),
        _ => false,
    }
}

/// Whether a reference may follow the last one of its account. The step is bounded, so that no command uses all references up.
#[inline(always)]
pub(crate) fn is_next_ref(account: &Account, client_ref: u64) -> bool {
    client_ref > account.last_ref && client_ref - account.last_ref <= limits::MAX_REF_STEP
}

/// Whether a price reaches the best one of the opposite side.
fn reaches(instrument: &Instrument, side: Side, price: i64) -> bool {
    instrument.book.best(side.opposite()).is_some_and(|best| match side {
        Side::Buy => best.0 <= price,
        Side::Sell => best.0 >= price,
    })
}

/// Whether the tick divides the price. Prices and ticks mostly fit 32 bits, whose division is several times as fast.
#[inline(always)]
fn is_multiple(price: i64, tick: i64) -> bool {
    match (u32::try_from(price), u32::try_from(tick)) {
        (Ok(price), Ok(tick)) => price % tick == 0,
        _ => price % tick == 0,
    }
}
