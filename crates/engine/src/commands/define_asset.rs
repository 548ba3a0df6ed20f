//! `DefineAsset`: something that ledgers count.

use garraway_types::{Command, DefineAsset, Event, EventKind, Reject, limits};

use super::{Judged, require, require_name};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::ledger::Asset;

pub(crate) fn define_asset(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: DefineAsset = command.body();
    require((1..=limits::MAX_ASSET).contains(&body.asset), Reject::IdInvalid)?;
    let taken = engine.ledger.assets().any(|(number, asset)| number == body.asset || asset.code == body.code);
    require(!taken, Reject::AlreadyDefined)?;
    require_name(&body.code, 8)?;
    require(body.scale <= limits::MAX_SCALE && body.display <= body.scale, Reject::ScaleInvalid)?;
    engine.ledger.define(body.asset, Asset { code: body.code, scale: body.scale, display: body.display });
    let event = Event { instrument: body.asset, ..Event::empty(EventKind::AssetDefined) };
    emit.own_with_tail(event, command.body_bytes());
    Ok(())
}
