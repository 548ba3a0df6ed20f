//! `DefineFeePlan`: a pair of fee rates. Open orders keep those that they were accepted with.

use garraway_types::{Command, DefineFeePlan, Event, EventKind, Reject};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::groups::{PLACES, Rates, is_rate};

pub(crate) fn define_fee_plan(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: DefineFeePlan = command.body();
    require(body.plan >= 1, Reject::IdInvalid)?;
    require(is_rate(body.maker_rate) && is_rate(body.taker_rate), Reject::FeeRateInvalid)?;
    let rates = Rates { maker: body.maker_rate, taker: body.taker_rate };
    let before = engine.groups.fees.place(body.plan);
    let used = engine.kept_places();
    let place = engine.groups.fees.define(body.plan, rates, &used)?;
    if before != 0 {
        engine.accounts.move_plan(before, place);
    }
    let event = Event { value: i64::from(body.plan), ..Event::empty(EventKind::FeePlanDefined) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}

impl Engine {
    /// The places of the fee table at which open orders have their rates.
    pub(crate) fn kept_places(&self) -> [bool; PLACES] {
        let mut used = [false; PLACES];
        for slot in 1..self.slab.end() {
            let node = &self.slab[slot];
            used[usize::from(node.plan)] |= node.leaves > 0;
        }
        used[0] = false;
        used
    }
}
