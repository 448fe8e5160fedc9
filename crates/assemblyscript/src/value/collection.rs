//! Maps and sets.

use super::{AsType, Lift, Lower};
use crate::AsError;
use crate::guest::Guest;
use crate::slot::{ClassInfo, Kind, Slot};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use terrane::Result;

/// Where a map or a set has what.
const BUCKETS: u32 = 0;
const MASK: u32 = 4;
const ENTRIES: u32 = 8;
const CAPACITY: u32 = 12;
const OFFSET: u32 = 16;
const COUNT: u32 = 20;
const SIZE: u32 = 24;

/// The lowest bit of the link of an entry: it was removed.
const REMOVED: u32 = 1;

/// Where an entry has its value, and the link to the next of its bucket; and its size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub key: Slot,
    pub value: Option<(u32, Slot)>,
    link: u32,
    size: u32,
}

impl Entry {
    pub(crate) fn new(key: Slot, value: Option<Slot>) -> Self {
        let size = |slot: Slot| u32::from(slot.size);
        let value = value.map(|value| (size(key).next_multiple_of(size(value)), value));
        let end = value.map_or(size(key), |(at, value)| at + size(value));
        let link = end.next_multiple_of(4);
        let align = value.map_or(0, |(_, value)| size(value)).max(size(key)).max(4);
        Self { key, value, link, size: (link + 4).next_multiple_of(align) }
    }

    fn info(&self) -> ClassInfo {
        match self.value {
            Some((_, value)) => ClassInfo { kind: Kind::Map, key: Some(self.key), value: Some(value) },
            None => ClassInfo { kind: Kind::Set, key: None, value: Some(self.key) },
        }
    }
}

impl Guest<'_> {
    /// The addresses of the entries of a map or a set, in the order in which they came in.
    pub(crate) fn entries(&mut self, pointer: u32, entry: Entry) -> Result<Vec<u32>> {
        let expected = entry.info();
        if pointer == 0 {
            return Err(AsError::Null { expected: expected.to_string() }.into());
        }
        let header = self.header(pointer)?;
        let info = self.class_info(header.id)?;
        if info.is_some_and(|info| !info.reads_as(&expected)) {
            return Err(self.wrong_class(expected.to_string(), pointer, header.id).into());
        }
        let broken = |reason: String| AsError::Broken { pointer, reason };
        if header.size < SIZE {
            return Err(
                broken(format!("{} has {SIZE} bytes, this has {}", expected.kind, header.size)).into()
            );
        }
        let at = self.u32(pointer + ENTRIES)?;
        let (offset, count) = (self.u32(pointer + OFFSET)?, self.u32(pointer + COUNT)?);
        self.check(at, u64::from(offset) * u64::from(entry.size)).map_err(broken)?;
        if count > offset {
            let reason = format!("it says that it has {count} entries, but there are at most {offset}");
            return Err(broken(reason).into());
        }
        let mut entries = Vec::with_capacity(count as usize);
        for i in 0..offset {
            let at = at + i * entry.size;
            if self.u32(at + entry.link)? & REMOVED == 0 {
                entries.push(at);
            }
        }
        Ok(entries)
    }

    /// A map or a set with these entries, kept.
    ///
    /// All buckets are the same list of all entries. So it does not matter how the guest's compiler hashes keys, which
    /// differs between versions that nothing else tells apart; and as there is no room left, the guest makes buckets by its
    /// own hashes as soon as it adds a key.
    fn lower_entries<E>(
        &mut self,
        entry: Entry,
        entries: impl ExactSizeIterator<Item = E>,
        write: impl Fn(&mut Self, u32, E) -> Result<()>,
    ) -> Result<u64> {
        let len = entries.len();
        let buckets = len.max(4).next_power_of_two();
        let size = len.checked_mul(entry.size as usize).filter(|size| *size < 1 << 30);
        let size = size.ok_or(AsError::TooLong { what: "a collection", len })?;
        let id = self.find_class(entry.info())?;
        let buffer = self.shared.layout.array_buffer;
        let pointer = self.alloc(SIZE as usize, id)?;
        let list = self.alloc(buckets * 4, buffer)?;
        self.set_u32(pointer + BUCKETS, list)?;
        self.moved(list)?;
        let storage = self.alloc(size, buffer)?;
        self.set_u32(pointer + ENTRIES, storage)?;
        self.moved(storage)?;
        self.set_u32(pointer + MASK, buckets as u32 - 1)?;
        // All entries are there from the start, as zeros: a collection in between sees what is in them already.
        for field in [CAPACITY, OFFSET, COUNT] {
            self.set_u32(pointer + field, len as u32)?;
        }
        for (i, item) in (0..).zip(entries) {
            let at = storage + i * entry.size;
            // A collection in between, while a value is made, has to see the key that is there already.
            self.set_u32(pointer + OFFSET, i + 1)?;
            self.set_u32(pointer + COUNT, i + 1)?;
            write(self, at, item)?;
            let next = if i + 1 < len as u32 { at + entry.size } else { 0 };
            self.set_u32(at + entry.link, next)?;
        }
        let first = if len == 0 { 0 } else { storage };
        let heads: Vec<u32> = vec![first; buckets];
        u32::lower_all(&heads, self, list)?;
        Ok(pointer.into())
    }

    fn lift_map<K: Lift, V: Lift, M: FromIterator<(K, V)>>(&mut self, word: u64) -> Result<M> {
        let entry = Entry::new(K::SLOT, Some(V::SLOT));
        let entries = self.entries(word as u32, entry)?;
        let value = entry.value.map_or(0, |(at, _)| at);
        self.inside(entries.len() * entry.size as usize, |guest| {
            entries.into_iter().map(|at| Ok((guest.take(at)?, guest.take(at + value)?))).collect()
        })
    }

    fn lower_map<'v, K: Lower + 'v, V: Lower + 'v>(
        &mut self,
        entries: impl ExactSizeIterator<Item = (&'v K, &'v V)>,
    ) -> Result<u64> {
        let entry = Entry::new(K::SLOT, Some(V::SLOT));
        let value = entry.value.map_or(0, |(at, _)| at);
        self.lower_entries(entry, entries, |guest, at, (k, v)| {
            guest.put(at, k)?;
            guest.put(at + value, v)
        })
    }

    fn lift_set<T: Lift, S: FromIterator<T>>(&mut self, word: u64) -> Result<S> {
        let entry = Entry::new(T::SLOT, None);
        let entries = self.entries(word as u32, entry)?;
        self.inside(entries.len() * entry.size as usize, |guest| {
            entries.into_iter().map(|at| guest.take(at)).collect()
        })
    }

    fn lower_set<'v, T: Lower + 'v>(&mut self, values: impl ExactSizeIterator<Item = &'v T>) -> Result<u64> {
        self.lower_entries(Entry::new(T::SLOT, None), values, |guest, at, value| guest.put(at, value))
    }
}

macro_rules! collections {
    ($($name:ident<$($var:ident),* $(; $hasher:ident)?> [$($bound:path),*] $lift:ident $lower:ident $iter:ident;)*) => { $(
        impl<$($var),* $(, $hasher)?> AsType for $name<$($var),* $(, $hasher)?> {
            const SLOT: Slot = Slot::OBJECT;
        }

        collections!(@lift $name<$($var),* $(; $hasher)?> [$($bound),*] $lift);

        impl<$($var: Lower),* $(, $hasher)?> Lower for $name<$($var),* $(, $hasher)?> {
            fn lower(&self, guest: &mut Guest<'_>) -> Result<u64> {
                guest.$lower(self.$iter())
            }
        }
    )* };
    (@lift $name:ident<$first:ident $(, $second:ident)? $(; $hasher:ident)?> [$($bound:path),*] $lift:ident) => {
        impl<$first: Lift $(+ $bound)* $(, $second: Lift)? $(, $hasher: BuildHasher + Default)?> Lift
            for $name<$first $(, $second)? $(, $hasher)?>
        {
            fn lift(guest: &mut Guest<'_>, word: u64) -> Result<Self> {
                guest.$lift(word)
            }
        }
    };
}

collections! {
    HashMap<K, V; S> [Eq, Hash] lift_map lower_map iter;
    BTreeMap<K, V> [Ord] lift_map lower_map iter;
    HashSet<T; S> [Eq, Hash] lift_set lower_set iter;
    BTreeSet<T> [Ord] lift_set lower_set iter;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(key: Slot, value: Option<Slot>) -> (u32, u32, u32) {
        let entry = Entry::new(key, value);
        (entry.value.map_or(0, |(at, _)| at), entry.link, entry.size)
    }

    #[test]
    fn entries_are_laid_out_as_by_the_compiler() {
        assert_eq!(layout(Slot::OBJECT, Some(Slot::signed(4))), (4, 8, 12));
        assert_eq!(layout(Slot::signed(4), Some(Slot::float(8))), (8, 16, 24));
        assert_eq!(layout(Slot::float(8), Some(Slot::signed(4))), (8, 12, 16));
        assert_eq!(layout(Slot::unsigned(1), Some(Slot::unsigned(1))), (1, 4, 8));
        assert_eq!(layout(Slot::signed(4), None), (0, 4, 8));
        assert_eq!(layout(Slot::float(8), None), (0, 8, 16));
        assert_eq!(layout(Slot::unsigned(2), None), (0, 4, 8));
    }
}
