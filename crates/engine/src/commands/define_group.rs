//! `DefineGroup`: a group of accounts with its tiers of fees.

use garraway_types::{Command, DefineGroup, Event, EventKind, FeeTier, Record, Reject, limits};

use super::{Judged, require, require_name};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::groups::{Group, Tier, tiers_rise};

pub(crate) fn define_group(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: DefineGroup = command.body();
    require((1..=limits::MAX_GROUP).contains(&body.group), Reject::IdInvalid)?;
    let holder = engine.groups.by_name(&body.name);
    require(holder.is_none_or(|holder| holder == body.group), Reject::AlreadyDefined)?;
    require_name(&body.name, 16)?;
    let tiers: Vec<Tier> = command.items().map(FeeTier::read).map(Tier::from).collect();
    let asset = if tiers.is_empty() { 0 } else { body.asset };
    require(tiers.is_empty() || engine.ledger.asset(asset).is_some(), Reject::AssetUnknown)?;
    let defined = |tier: &Tier| tier.plan == 0 || engine.groups.fees.is_defined(tier.plan);
    require(tiers_rise(&tiers) && tiers.iter().all(defined), Reject::FeePlanUnknown)?;
    let count = tiers.len() as i64;
    let counts_another = engine.groups.get(body.group).is_some_and(|before| before.asset != asset);
    engine.groups.define(body.group, Group { name: body.name, asset, tiers });
    for account in engine.accounts.of_group(body.group) {
        if counts_another {
            engine.groups.restart_traded(account);
        }
        engine.look_at_tier(account);
        engine.look_at_account(account);
    }
    let event =
        Event { value: i64::from(body.group), quantity: count, ..Event::empty(EventKind::GroupDefined) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}

impl From<FeeTier> for Tier {
    fn from(item: FeeTier) -> Self {
        Self { traded: item.traded, plan: item.plan }
    }
}
