//! Things by small numbers: a row of places that grows as far as the highest number.

/// Things by their numbers.
#[derive(Debug)]
pub struct Slots<T>(Vec<Option<Box<T>>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    /// The thing with this number.
    pub fn get(&self, number: u32) -> Option<&T> {
        self.0.get(number as usize)?.as_deref()
    }

    /// The thing with this number, to be changed.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.0.get_mut(number as usize)?.as_deref_mut()
    }

    /// The thing with this number, made where there is none. Numbers are bounded by the engine's limits.
    pub fn entry(&mut self, number: u32, make: impl FnOnce() -> T) -> &mut T {
        let place = number as usize;
        if place >= self.0.len() {
            self.0.resize_with(place + 1, || None);
        }
        self.0[place].get_or_insert_with(|| Box::new(make()))
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.0.iter().enumerate().filter_map(|(number, thing)| Some((number as u32, thing.as_deref()?)))
    }

    /// All of them, by number, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        let things = self.0.iter_mut().enumerate();
        things.filter_map(|(number, thing)| Some((number as u32, thing.as_deref_mut()?)))
    }
}
