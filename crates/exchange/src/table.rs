//! The table of connections: places that are reused, each tenant with a number of its own.

use crate::acks::Address;
use crate::connection::Connection;

/// Every connection.
#[derive(Debug, Default)]
pub struct Table {
    places: Vec<Option<Box<Connection>>>,
    free: Vec<usize>,
    tenants: u64,
}

impl Table {
    /// The place and tenant that the next connection gets.
    pub fn next(&mut self) -> Address {
        self.tenants += 1;
        let place = self.free.last().copied().unwrap_or(self.places.len());
        Address { place, tenant: self.tenants }
    }

    /// Moves a connection in at the address that [`Table::next`] gave.
    pub fn insert(&mut self, address: Address, connection: Connection) {
        if self.free.last() == Some(&address.place) {
            self.free.pop();
        }
        if address.place == self.places.len() {
            self.places.push(None);
        }
        assert!(self.places[address.place].is_none(), "place {} is taken", address.place);
        self.places[address.place] = Some(Box::new(connection));
    }

    /// The connection at a place.
    pub fn at(&mut self, place: usize) -> Option<&mut Connection> {
        self.places.get_mut(place)?.as_deref_mut()
    }

    /// The connection at a place, to be looked at.
    pub fn peek(&self, place: usize) -> Option<&Connection> {
        self.places.get(place)?.as_deref()
    }

    /// The connection at an address, unless the place has another tenant by now.
    pub fn of(&mut self, address: Address) -> Option<&mut Connection> {
        self.at(address.place).filter(|connection| connection.tenant == address.tenant)
    }

    /// Takes a connection out to be served; it comes back by [`Table::give_back`].
    pub fn lend(&mut self, place: usize) -> Option<Box<Connection>> {
        self.places.get_mut(place)?.take()
    }

    /// Puts back what was lent.
    pub fn give_back(&mut self, place: usize, connection: Box<Connection>) {
        self.places[place] = Some(connection);
    }

    /// Moves a connection out for good.
    pub fn remove(&mut self, place: usize) -> Option<Box<Connection>> {
        let connection = self.places.get_mut(place)?.take()?;
        self.free.push(place);
        Some(connection)
    }

    /// All of them.
    pub fn iter(&mut self) -> impl Iterator<Item = (usize, &mut Connection)> {
        let places = self.places.iter_mut().enumerate();
        places.filter_map(|(place, connection)| Some((place, connection.as_deref_mut()?)))
    }

    /// Places, those that are free included.
    pub fn places(&self) -> usize {
        self.places.len()
    }
}
