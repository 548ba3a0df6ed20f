//! The table of clients: places that are reused; a client's number names its place and which tenant it is.

use super::client::Client;

/// Bits of a number that are the place.
const PLACE_BITS: u32 = 24;

/// Every client.
#[derive(Debug, Default)]
pub struct Table {
    places: Vec<Option<Box<Client>>>,
    free: Vec<usize>,
    tenants: u64,
    count: usize,
}

/// The place in a client's number.
pub fn place_of(id: u64) -> usize {
    (id & ((1 << PLACE_BITS) - 1)) as usize
}

impl Table {
    /// The number that the next client gets.
    pub fn next(&mut self) -> u64 {
        self.tenants += 1;
        let place = self.free.last().copied().unwrap_or(self.places.len());
        self.tenants << PLACE_BITS | place as u64
    }

    /// Moves a client in under the number that [`Table::next`] gave.
    pub fn insert(&mut self, client: Client) {
        let place = place_of(client.id);
        if self.free.last() == Some(&place) {
            self.free.pop();
        }
        if place == self.places.len() {
            self.places.push(None);
        }
        self.places[place] = Some(Box::new(client));
        self.count += 1;
    }

    /// The client with a number, unless it is gone.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Client> {
        self.at(place_of(id)).filter(|client| client.id == id)
    }

    /// The client at a place.
    pub fn at(&mut self, place: usize) -> Option<&mut Client> {
        self.places.get_mut(place)?.as_deref_mut()
    }

    /// Takes a client out to be served; it comes back by [`Table::give_back`] or is given up by [`Table::remove`].
    pub fn lend(&mut self, place: usize) -> Option<Box<Client>> {
        self.places.get_mut(place)?.take()
    }

    /// Puts back what was lent.
    pub fn give_back(&mut self, client: Box<Client>) {
        let place = place_of(client.id);
        self.places[place] = Some(client);
    }

    /// Gives up the place of a client that was lent.
    pub fn remove(&mut self, client: &Client) {
        self.free.push(place_of(client.id));
        self.count -= 1;
    }

    /// Clients.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Places, those that are free included.
    pub fn places(&self) -> usize {
        self.places.len()
    }
}
