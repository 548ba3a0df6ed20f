//! `MassCancel`: cancels the orders of an account, a firm, a session or the venue in a sweep.

use garraway_types::{Command, CommandKind, Event, EventKind, MassCancel, Reject, SourceId, code};

use super::{Judged, require};
use crate::emit::Emit;
use crate::engine::Engine;
use crate::sweeps::Sweep;

pub(crate) fn mass_cancel(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let body: MassCancel = command.body();
    let instrument = command.head.instrument;
    require(is_scope(engine, command.head.source, &body), Reject::ScopeInvalid)?;
    require(instrument == 0 || engine.instruments.get(instrument).is_some(), Reject::InstrumentUnknown)?;
    require(engine.has_room_for_sweep(), Reject::WorkFull)?;
    require(body.side <= 2, Reject::SideInvalid)?;
    let code = CommandKind::MassCancel as u8;
    let id = emit.own_with_tail(
        Event {
            instrument,
            detail: code,
            value: i64::from(body.id),
            fee: i64::from(body.scope),
            ..Event::empty(EventKind::SweepBegun)
        },
        command.tail(),
    );
    let sweep = Sweep {
        scope: body.scope,
        scope_id: body.id,
        instrument,
        side: body.side,
        ..Sweep::new(CommandKind::MassCancel, id)
    };
    engine.begin_sweep(sweep, emit);
    Ok(())
}

fn is_scope(engine: &Engine, source: u16, body: &MassCancel) -> bool {
    let gateway = source == SourceId::GATEWAY.0;
    match body.scope {
        code::SCOPE_ACCOUNT => engine.accounts.get(body.id).is_some(),
        code::SCOPE_FIRM => !gateway && body.id >= 1,
        code::SCOPE_VENUE => !gateway && body.id == 0,
        code::SCOPE_SESSION => engine.sessions.by_number(body.id).is_some(),
        _ => false,
    }
}
