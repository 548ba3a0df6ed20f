//! `MassQuote`: an account's bids and asks in many instruments, in place of those of its last quotes there.

use garraway_types::{
    Command, CommandKind, Event, EventKind, FixedBody, Quote, Record, Reject, code, detail,
};

use super::place_special::judge_and_place;
use super::{Judged, Sender, is_next_ref, require};
use crate::emit::Emit;
use crate::engine::Engine;

/// Events that each quote needs at least.
const QUOTE_ROOM: u16 = 13;
/// Events kept back for what may follow the work of a quote's first cancellation: the other cancellation, two outcomes, one refusal.
const KEPT_BACK: u16 = 4;

pub(crate) fn mass_quote(engine: &mut Engine, command: &Command<'_>, emit: &mut Emit<'_, '_>) -> Judged {
    let head = &command.head;
    let account = engine.accounts.get_mut(head.account).ok_or(Reject::AccountUnknown)?;
    require(is_next_ref(account, head.client_ref), Reject::ClientRefStale)?;
    let count = u64::from(head.items);
    let last = head.client_ref.checked_add((2 * count).saturating_sub(1)).ok_or(Reject::ClientRefStale)?;
    require(count > 0, Reject::QuantityInvalid)?;
    account.last_ref = last;
    for (n, item) in command.items().enumerate() {
        let client_ref = head.client_ref + 2 * n as u64;
        if !emit.has_room_for(QUOTE_ROOM) {
            refuse(Sender { account: head.account, instrument: 0, client_ref }, None, Reject::WorkFull, emit);
            break;
        }
        emit.keep_back(KEPT_BACK);
        replace_quote(engine, head.account, client_ref, &Quote::read(item), emit);
        emit.keep_back(0);
    }
    Ok(())
}

/// Cancels the account's last quote in an instrument and places the new one.
fn replace_quote(engine: &mut Engine, account: u32, client_ref: u64, quote: &Quote, emit: &mut Emit<'_, '_>) {
    let key = (account, quote.instrument);
    for old in engine.quotes.remove(&key).unwrap_or_default() {
        if let Some(slot) = engine.index.get(account, old, &engine.slab) {
            engine.cancel_whole(slot, detail::BY_OWNER, true, emit);
            engine.follow_up(quote.instrument, emit);
        }
    }
    let sides = [
        (1, quote.bid_price, quote.bid_quantity, client_ref),
        (2, quote.ask_price, quote.ask_quantity, client_ref + 1),
    ];
    let mut references = [0; 2];
    for ((side, price, quantity, client_ref), reference) in sides.into_iter().zip(&mut references) {
        if quantity == 0 {
            continue;
        }
        let body = FixedBody {
            side,
            order_type: code::LIMIT,
            time_in_force: code::GOOD_TILL_CANCEL,
            price,
            quantity,
            ..FixedBody::empty()
        };
        let sender = Sender { account, instrument: quote.instrument, client_ref };
        let is_dealt = engine.instruments.get(quote.instrument).is_some_and(|of| of.terms.is_dealt());
        let placed = match is_dealt {
            true => Err(Reject::ExecutionInvalid),
            false => judge_and_place(engine, sender, &body, &[], emit),
        };
        match placed {
            Ok(()) => *reference = client_ref,
            Err(reason) => refuse(sender, Some(&body), reason, emit),
        }
    }
    let open = |reference: u64| engine.index.get(account, reference, &engine.slab).is_some();
    let references = references.map(|reference| if open(reference) { reference } else { 0 });
    if references != [0; 2] {
        engine.quotes.insert(key, references);
    }
}

/// The refusal of one order of a quote, or of all quotes from one on.
fn refuse(sender: Sender, body: Option<&FixedBody>, reason: Reject, emit: &mut Emit<'_, '_>) {
    let event = Event {
        account: sender.account,
        instrument: sender.instrument,
        client_ref: sender.client_ref,
        detail: reason as u8,
        value: i64::from(CommandKind::MassQuote as u8),
        ..Event::empty(EventKind::Rejected)
    };
    emit.own(match body {
        Some(body) => Event { side: body.side, price: body.price, quantity: body.quantity, ..event },
        None => event,
    });
}
