//! Sections of the snapshot about trading: orders with all that is special about them, the state of each market, what is due, sweeps.

use garraway_book::{Book, NIL, Slot};
use garraway_types::{EventId, Price, Side, code};

use crate::due::What;
use crate::engine::Engine;
use crate::extras::{Extra, Partner, Place};
use crate::instruments::{guard, watch};
use crate::orders::{Mark, Order};
use crate::restore::{Read, Reader};
use crate::snapshot::Writer;
use crate::statistics::Run;
use crate::stops::is_stop;
use crate::sweeps::Sweep;

/// Links of an order of a snapshot by reference, 0 for none: partner, parent, children.
pub(crate) type Links = (Slot, [u64; 4]);

impl Engine {
    pub(crate) fn write_orders(&self, out: &mut Writer<'_>) {
        for instrument in self.instruments.all() {
            for (_, slot) in self.walk(instrument.terms.number) {
                self.write_order(slot, out);
            }
        }
    }

    fn write_order(&self, slot: Slot, out: &mut Writer<'_>) {
        let node = &self.slab[slot];
        let order = &node.payload;
        out.u64(node.sequence);
        out.u64(order.client_ref);
        out.u32(order.account);
        out.u32(order.instrument);
        out.i64(node.price.0);
        out.u32(node.leaves);
        out.u32(order.filled);
        out.i64(order.held);
        out.u32(order.carry as u32);
        out.u8(node.side as u8);
        out.u8(node.mark);
        out.u8(node.plan);
        out.u8(u8::from(Book::is_resting(&self.slab, slot)));
        if let Some(extra) = self.extras.get(slot) {
            self.write_extra(node.side, extra, out);
        }
    }

    fn write_extra(&self, side: Side, extra: &Extra, out: &mut Writer<'_>) {
        let reference = |slot: Slot| if slot == NIL { 0 } else { self.slab[slot].payload.client_ref };
        let trails = extra.place == Place::Stops && extra.order_type == code::TRAILING_STOP;
        out.u8(extra.order_type);
        out.u8(extra.place as u8);
        out.u8(u8::from(extra.triggered));
        out.u8(u8::from(extra.is_second));
        out.u8(u8::from(extra.partner == Partner::Done));
        out.u32(extra.display);
        out.u32(extra.reserve);
        out.u32(extra.minimum);
        out.i64(extra.trigger);
        let extreme = if trails { self.extreme_of(side, extra) } else { Some(extra.extreme) };
        out.i64(extreme.unwrap_or(0));
        out.u32(extra.expire_s);
        out.u32(extra.allowed);
        out.u16(extra.client_group);
        out.u64(extra.position);
        let partner = if let Partner::With(other) = extra.partner { other } else { NIL };
        for link in [partner, extra.parent, extra.children[0], extra.children[1]] {
            out.u64(reference(link));
        }
    }

    pub(crate) fn read_order(&mut self, reader: &mut Reader<'_>, links: &mut Vec<Links>) -> Read<()> {
        let (id, client_ref, account) = (reader.u64()?, reader.u64()?, reader.u32()?);
        let (number, price, leaves) = (reader.u32()?, reader.i64()?, reader.u32()?);
        let (filled, held, carry) = (reader.u32()?, reader.i64()?, reader.u32()? as i32);
        let (side, mark, plan, resting) = (reader.u8()?, Mark(reader.u8()?), reader.u8()?, reader.u8()?);
        let Some(side) = Side::from_code(side) else { return reader.fault("an order without a side") };
        let known = EventId(id).command_seq() <= self.last_seq;
        reader.require(known, "an order of a command that is not there yet")?;
        let last_ref = self.accounts.get(account).map(|account| account.last_ref);
        let sent = last_ref.is_some_and(|last| client_ref <= last && client_ref > 0);
        reader.require(sent, "an order that its account never sent")?;
        reader
            .require(leaves > 0 && self.slab.live() < self.setup.capacity, "an order that cannot be open")?;
        let twice = self.index.get(account, client_ref, &self.slab).is_some();
        reader.require(!twice, "two orders with one reference")?;
        let Some(of) = self.instruments.get(number) else { return reader.fault("an unknown instrument") };
        // Not the price range: a change of terms may be on its way to cancel the order.
        let total = i64::from(leaves) + i64::from(filled);
        let value = price.checked_mul(total).and_then(|value| value.checked_mul(of.terms.price_value));
        let timed = (code::GOOD_TILL_CANCEL..=code::AT_CLOSE).contains(&mark.time_in_force());
        let counted = timed && price >= 1 && value.is_some() && (-500_000_000..500_000_000).contains(&carry);
        reader.require(counted, "an order outside its instrument's terms")?;
        let order = Order { client_ref, held, account, instrument: number, carry, filled };
        let slot = self.slab.insert(Price(price), id, leaves, side, [mark.0, plan], order);
        self.index.insert(account, client_ref, slot);
        self.accounts.of_order(account).open_orders += 1;
        let mut place = Place::Book;
        if mark.is_special() {
            place = self.read_extra(slot, reader, links)?;
        }
        let total = u64::from(self.open_lots(slot)) + u64::from(filled);
        let value = i128::from(price) * i128::from(total) * i128::from(self.price_value(number));
        let counted = total <= u64::from(u32::MAX) && value <= i128::from(i64::MAX);
        reader.require(counted, "an order larger than can be counted")?;
        self.put_order(slot, place, resting == 1, reader)
    }

    fn price_value(&self, number: u32) -> i64 {
        self.instruments.get(number).map_or(0, |of| of.terms.price_value)
    }

    fn read_extra(&mut self, slot: Slot, reader: &mut Reader<'_>, links: &mut Vec<Links>) -> Read<Place> {
        let node = &self.slab[slot];
        let (number, id) = (node.payload.instrument, node.sequence);
        let (order_type, place) = (reader.u8()?, reader.u8()?);
        let (triggered, is_second, orphan) = (reader.u8()? == 1, reader.u8()? == 1, reader.u8()? == 1);
        let Some(place) = Place::from_code(place) else {
            return reader.fault("an order that stands nowhere");
        };
        let extra = Extra {
            instrument: number,
            order_type,
            place,
            triggered,
            is_second,
            display: reader.u32()?,
            reserve: reader.u32()?,
            minimum: reader.u32()?,
            trigger: reader.i64()?,
            extreme: reader.i64()?,
            expire_s: reader.u32()?,
            allowed: reader.u32()?,
            client_group: reader.u16()?,
            position: reader.u64()?,
            partner: if orphan { Partner::Done } else { Partner::None },
            ..Extra::default()
        };
        let max = self.instruments.get(number).map_or(0, |of| of.terms.max_price);
        let priced = match extra.order_type {
            code::LIMIT | code::MARKET => extra.trigger == 0,
            code::STOP | code::STOP_LIMIT => (1..=max).contains(&extra.trigger),
            code::TRAILING_STOP => {
                let lowest = i64::from(matches!(extra.place, Place::Stops | Place::Reached));
                (1..=max).contains(&extra.trigger) && (lowest..=max).contains(&extra.extreme)
            }
            code::PRIMARY_PEG..=code::MARKET_PEG => (-max..=0).contains(&extra.trigger),
            _ => false,
        };
        let placed = match extra.place {
            Place::Stops | Place::Reached => is_stop(&extra),
            Place::Pegs => extra.order_type >= code::PRIMARY_PEG,
            Place::Parked => Mark(node.mark).time_in_force() == code::AT_CLOSE,
            Place::Book | Place::Waiting => true,
            Place::Dealt => Mark(node.mark).rests() && !is_stop(&extra),
            Place::Next => !Mark(node.mark).rests() && !is_stop(&extra),
            Place::Called => !is_stop(&extra),
        };
        let shown = node.leaves <= extra.display || extra.reserve == 0;
        let is_dealt = self.instruments.get(number).is_some_and(|of| of.terms.is_dealt());
        let of_house = matches!(extra.place, Place::Dealt | Place::Next | Place::Called);
        let housed = is_dealt == of_house
            || is_dealt && matches!(extra.place, Place::Stops | Place::Reached | Place::Waiting);
        reader.require(priced && placed && shown && housed, "an order that cannot be of its kind")?;
        if extra.expire_s != 0 {
            self.expiries.insert((extra.expire_s, id, slot));
        }
        self.extras.insert(slot, Extra { place: Place::Book, ..extra });
        let mut by_reference = [0; 4];
        for link in &mut by_reference {
            *link = reader.u64()?;
        }
        links.push((slot, by_reference));
        Ok(place)
    }

    /// Puts an order where it stands.
    fn put_order(&mut self, slot: Slot, place: Place, resting: bool, reader: &Reader<'_>) -> Read<()> {
        let node = &self.slab[slot];
        let (number, id) = (node.payload.instrument, node.sequence);
        reader.require(!resting || place == Place::Book, "an order that stands in two places")?;
        let instrument = self.instruments.of_order(number);
        match place {
            Place::Book if resting => self.book_rest(slot),
            Place::Book => {
                reader.require(instrument.working == NIL, "two orders that are matched at a time")?;
                self.begin_work(number, slot);
            }
            Place::Stops => self.stop_rest(slot),
            Place::Pegs => self.peg_rest(slot),
            Place::Waiting => {
                reader.require(instrument.waiting.insert(id, slot).is_none(), "two orders with one id")?;
                self.extras.of_mut(slot).place = place;
            }
            Place::Parked => {
                reader.require(instrument.parked.insert(id, slot).is_none(), "two orders with one id")?;
                self.extras.of_mut(slot).place = place;
            }
            Place::Dealt => self.wait_for_limit(slot),
            Place::Next => self.wait_for_next(slot),
            Place::Reached | Place::Called => self.extras.of_mut(slot).place = place,
        }
        Ok(())
    }

    /// Turns the references of links into slots, once all orders are there.
    pub(crate) fn link_orders(&mut self, links: &[Links], reader: &Reader<'_>) -> Read<()> {
        for (slot, by_reference) in links {
            let account = self.slab[*slot].payload.account;
            let mut slots = [NIL; 4];
            for (link, reference) in slots.iter_mut().zip(by_reference) {
                if *reference != 0 {
                    let found = self.index.get(account, *reference, &self.slab);
                    let special = found.filter(|other| Mark(self.slab[*other].mark).is_special());
                    *link = special.unwrap_or(NIL);
                    reader.require(*link != NIL && link != slot, "an order linked with none")?;
                }
            }
            let extra = self.extras.of_mut(*slot);
            if slots[0] != NIL {
                extra.partner = Partner::With(slots[0]);
            }
            (extra.parent, extra.children) = (slots[1], [slots[2], slots[3]]);
        }
        Ok(())
    }

    pub(crate) fn write_markets(&self, out: &mut Writer<'_>) {
        for of in self.instruments.all() {
            out.u32(of.terms.number);
            out.u8(of.phase);
            for price in [of.last, of.reference, of.settlement] {
                out.i64(price);
            }
            for run in [&of.day, &of.run] {
                for price in [run.first, run.last, run.low, run.high] {
                    out.i64(price);
                }
                out.u64(run.trades);
                out.u64(run.lots);
                out.i128(run.value);
            }
            // How the order being matched entered; nothing where there is none.
            let is_peg = self.extras.get(of.working).is_some_and(|e| e.order_type >= code::PRIMARY_PEG);
            // Without pegs nobody has asked for the prices that they refer to.
            let pegged_to = if of.pegs.len() > 0 || is_peg { of.pegged_to } else { [0; 2] };
            let entered = [of.limit, of.worst, pegged_to[0], pegged_to[1]];
            for price in entered.map(|price| if of.working == NIL { 0 } else { price }) {
                out.i64(price);
            }
        }
    }

    pub(crate) fn read_market(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let number = reader.u32()?;
        let Some(of) = self.instruments.get_mut(number) else {
            return reader.fault("a market without an instrument");
        };
        of.phase = reader.u8()?;
        reader.require((code::CONTINUOUS..=code::DELISTED).contains(&of.phase), "an unknown phase")?;
        let continuous = of.is_continuous();
        of.set_guard(guard::PHASE, !continuous);
        let mut prices = [0; 3];
        for price in &mut prices {
            *price = reader.i64()?;
        }
        [of.last, of.reference, of.settlement] = prices;
        (of.day, of.run) = (read_run(reader)?, read_run(reader)?);
        let mut entered = [0; 4];
        for price in &mut entered {
            *price = reader.i64()?;
        }
        let sound = prices.iter().chain(&entered).all(|price| *price >= 0);
        reader.require(sound, "a negative price")?;
        [of.limit, of.worst, of.pegged_to[0], of.pegged_to[1]] = entered;
        if of.working != NIL {
            self.reprice_pegs(number);
        }
        Ok(())
    }

    pub(crate) fn write_due(&self, out: &mut Writer<'_>) {
        for of in self.instruments.all() {
            for due in of.due.entries() {
                let ticket = self.extras.get(due.slot).map(|extra| extra.tickets[due.what.kind()]);
                if ticket == Some(due.ticket) {
                    let order = &self.slab[due.slot].payload;
                    out.u8(due.what as u8);
                    out.u32(order.account);
                    out.u64(order.client_ref);
                }
            }
        }
    }

    pub(crate) fn read_due(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let (what, account, client_ref) = (reader.u8()?, reader.u32()?, reader.u64()?);
        let slot = self.index.get(account, client_ref, &self.slab);
        let slot = slot.filter(|slot| Mark(self.slab[*slot].mark).is_special());
        let (Some(what), Some(slot)) = (What::from_code(what), slot) else {
            return reader.fault("something due of no order");
        };
        let extra = self.extras.of(slot);
        let place = extra.place;
        let sound = extra.tickets[what.kind()] == 0
            && match what {
                What::Level => extra.partner != Partner::None,
                What::Start => matches!(place, Place::Waiting | Place::Parked) && extra.parent == NIL,
                What::Trigger => matches!(place, Place::Reached | Place::Called),
            };
        reader.require(sound, "something due that cannot be")?;
        self.make_due(what, slot);
        let number = self.slab[slot].payload.instrument;
        self.instruments.of_order(number).set_guard(guard::BUSY, true);
        self.busy.insert(number);
        Ok(())
    }

    pub(crate) fn write_sweeps(&self, out: &mut Writer<'_>) {
        for sweep in &self.sweeps {
            let late = u8::from(sweep.late);
            for byte in [sweep.command, sweep.scope, sweep.side, sweep.stage, sweep.part, late] {
                out.u8(byte);
            }
            for word in [sweep.scope_id, sweep.instrument, sweep.at, sweep.inside] {
                out.u32(word);
            }
            out.u64(sweep.id);
            out.u64(sweep.canceled);
            for word in sweep.cursor.into_iter().chain(sweep.terms) {
                out.i64(word);
            }
        }
    }

    pub(crate) fn read_sweep(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let [command, scope, side, stage, part, late] = reader.array()?;
        let [scope_id, instrument, at, inside] = [reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?];
        let (id, canceled) = (reader.u64()?, reader.u64()?);
        let mut words = [0; 4];
        for word in &mut words {
            *word = reader.i64()?;
        }
        let (cursor, terms) = ([words[0], words[1]], [words[2], words[3]]);
        let known = garraway_types::CommandKind::from_code(command).is_some() && side <= 2;
        let room = self.sweeps.len() < garraway_types::limits::MAX_SWEEPS;
        let listed = |number: u32| number == 0 || self.instruments.get(number).is_some();
        let placed = listed(instrument) && listed(inside) && late <= 1;
        reader.require(known && room && placed, "a sweep that cannot have begun")?;
        self.sweeps.push_back(Sweep {
            command,
            id,
            scope,
            scope_id,
            instrument,
            side,
            at,
            stage,
            inside,
            part,
            cursor,
            late: late == 1,
            canceled,
            terms,
        });
        Ok(())
    }

    pub(crate) fn write_quotes(&self, out: &mut Writer<'_>) {
        for ((account, instrument), references) in &self.quotes {
            out.u32(*account);
            out.u32(*instrument);
            for reference in references {
                out.u64(*reference);
            }
        }
    }

    pub(crate) fn read_quote(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let key = (reader.u32()?, reader.u32()?);
        let references = [reader.u64()?, reader.u64()?];
        let known = self.accounts.get(key.0).is_some() && self.instruments.get(key.1).is_some();
        reader.require(known && !self.quotes.contains_key(&key), "quotes of no account or instrument")?;
        self.quotes.insert(key, references);
        Ok(())
    }
}

fn read_run(reader: &mut Reader<'_>) -> Read<Run> {
    let (first, last, low, high) = (reader.i64()?, reader.i64()?, reader.i64()?, reader.i64()?);
    let run =
        Run { first, last, low, high, trades: reader.u64()?, lots: reader.u64()?, value: reader.i128()? };
    // Far from the ends of what is counted, so that the next trades fit.
    let counted = run.trades <= 1 << 56 && run.lots <= 1 << 60 && run.value.unsigned_abs() <= 1 << 116;
    reader.require(counted, "a turnover that cannot have come about")?;
    let empty = run.trades == 0 && run != Run::default();
    let ordered = run.low <= run.first.min(run.last) && run.first.max(run.last) <= run.high;
    reader.require(!empty && ordered, "prices of a day that cannot be")?;
    Ok(run)
}

/// What the watch byte of an instrument must be.
pub(crate) fn watch_of(stops: usize, due: bool, pegs: usize) -> u8 {
    let bit = |on: bool, bit: u8| if on { bit } else { 0 };
    bit(stops > 0, watch::STOPS) | bit(due, watch::DUE) | bit(pegs > 0, watch::PEGS)
}
