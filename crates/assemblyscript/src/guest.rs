//! A guest while values go in and out: its memory, checked, and its objects, kept.

use crate::AsError;
use crate::host::{Host, Mem};
use crate::shared::Shared;
use crate::slot::{ClassInfo, Slot};
use std::sync::Arc;
use terrane::Result;

/// A guest while values go in and out. [`Lift`](crate::Lift) and [`Lower`](crate::Lower) are written in terms of it.
///
/// What it makes is kept until the call, for which it was made, has returned.
pub struct Guest<'a> {
    pub(crate) host: &'a mut dyn Host,
    pub(crate) shared: &'a Arc<Shared>,
    /// Objects that are to be let go when this is over, the oldest first.
    kept: Vec<u32>,
    depth: usize,
    bytes: usize,
}

/// What is in front of every object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub id: u32,
    pub size: u32,
}

/// Bytes in front of an object that belong to it.
const HEADER: u32 = 8;
/// The lowest address at which there can be an object, with all that is in front of it.
const LOWEST: u32 = 16;
/// What an object's address is a multiple of.
const ALIGNMENT: u32 = 16;
/// Where, before an object, the collector has its colour; and the colour of what is pinned.
const COLOR: u32 = 16;
const PINNED: u32 = 3;

impl<'a> Guest<'a> {
    pub(crate) fn new(host: &'a mut dyn Host, shared: &'a Arc<Shared>) -> Self {
        Self { host, shared, kept: Vec::new(), depth: 0, bytes: shared.limits.bytes }
    }

    /// Does something with a guest. What was kept for it is let go, also if it fails.
    pub(crate) fn with<R>(
        host: &'a mut dyn Host,
        shared: &'a Arc<Shared>,
        run: impl FnOnce(&mut Guest<'_>) -> Result<R>,
    ) -> Result<R> {
        shared.check_store(host)?;
        let mut guest = Guest::new(host, shared);
        guest.release_dropped()?;
        match run(&mut guest) {
            Ok(value) => guest.release_kept().map(|()| value),
            Err(error) => {
                // A guest that cannot go on cannot let go either: later, if at all.
                let kept = std::mem::take(&mut guest.kept);
                shared.state().dropped.extend(kept.into_iter().rev());
                Err(error)
            }
        }
    }

    fn release_kept(&mut self) -> Result<()> {
        while let Some(pointer) = self.kept.pop() {
            self.release(pointer)?;
        }
        Ok(())
    }

    fn release_dropped(&mut self) -> Result<()> {
        // One at a time: if one cannot be let go, the others can still be later.
        loop {
            let Some(pointer) = self.shared.state().dropped.pop() else { return Ok(()) };
            self.release(pointer)?;
        }
    }

    /// Makes an object of `size` bytes and class `id`, all zeros, and keeps it.
    ///
    /// # Errors
    /// If the module exports no allocator, or that traps, or returns what cannot be an object.
    pub fn alloc(&mut self, size: usize, id: u32) -> Result<u32> {
        let pointer = self.new_object(size, id)?;
        // Not every allocator clears memory that was used before.
        self.write(pointer, &vec![0; size])?;
        self.keep(pointer)?;
        Ok(pointer)
    }

    /// The same, but what is in it is anything: for objects without pointers.
    pub(crate) fn alloc_dirty(&mut self, size: usize, id: u32) -> Result<u32> {
        let pointer = self.new_object(size, id)?;
        self.keep(pointer)?;
        Ok(pointer)
    }

    /// Has the guest make an object, which is not kept.
    fn new_object(&mut self, size: usize, id: u32) -> Result<u32> {
        let name = self.shared.layout.alloc;
        let alloc = self.shared.runtime.alloc.as_ref();
        let alloc = alloc.ok_or(AsError::NoRuntime { name, purpose: "make objects" })?;
        let size = u32::try_from(size).map_err(|_| AsError::TooLong { what: "an object", len: size })?;
        self.step()?;
        let pointer = self.host.alloc(alloc, size, id)?;
        let header = self.header(pointer);
        let reason = match header {
            _ if pointer == 0 => "there is no object at zero".to_owned(),
            Err(error) => error.to_string(),
            Ok(header) if header.id != id => format!("the object there has class {}, not {id}", header.id),
            Ok(header) if header.size < size => format!("the object there has {} bytes", header.size),
            Ok(_) => return Ok(pointer),
        };
        Err(AsError::Allocation { allocator: name, size, pointer, reason }.into())
    }

    /// Keeps an object until this is over.
    ///
    /// # Errors
    /// If the module does not export what that needs, or that traps.
    pub fn keep(&mut self, pointer: u32) -> Result<()> {
        self.retain(pointer)?;
        self.kept.push(pointer);
        Ok(())
    }

    /// An object that was [kept](Self::keep), or [made](Self::alloc), is now referred to by another: that keeps it.
    ///
    /// # Errors
    /// If the runtime traps.
    pub fn moved(&mut self, pointer: u32) -> Result<()> {
        self.step()?;
        let Some(i) = self.kept.iter().rposition(|kept| *kept == pointer) else { return Ok(()) };
        self.kept.remove(i);
        // A counted reference goes from us to the other object.
        if self.shared.is_counted() { Ok(()) } else { self.release(pointer) }
    }

    /// What a call returned: counted references are ours.
    pub(crate) fn adopt(&mut self, pointer: u32) {
        if pointer != 0 && self.shared.is_counted() && self.shared.runtime.release.is_some() {
            self.kept.push(pointer);
        }
    }

    /// What a host function returns: counted references are the guest's.
    pub(crate) fn give(&mut self, pointer: u32) -> Result<()> {
        match pointer {
            0 => Ok(()),
            _ => self.moved(pointer),
        }
    }

    /// Keeps an object until [`release`](Self::release).
    pub(crate) fn retain(&mut self, pointer: u32) -> Result<()> {
        self.retain_only(pointer)?;
        self.step()
    }

    fn retain_only(&mut self, pointer: u32) -> Result<()> {
        let name = self.shared.layout.keep;
        let keep = self.shared.runtime.keep.as_ref();
        let keep = keep.ok_or(AsError::NoRuntime { name, purpose: "keep objects alive" })?;
        if self.shared.is_counted() {
            return self.host.keep(keep, pointer).map(|_| ());
        }
        if let Some(count) = self.shared.state().pins.get_mut(&pointer) {
            *count += 1;
            return Ok(());
        }
        // The runtime refuses to pin what is pinned. If the guest has done so, it stays pinned when we are done.
        if self.u32(pointer.wrapping_sub(COLOR)).is_ok_and(|word| word & 3 == PINNED) {
            return Ok(());
        }
        self.host.keep(keep, pointer)?;
        self.shared.state().pins.insert(pointer, 1);
        Ok(())
    }

    /// A collection, if there is to be one at every step.
    fn step(&mut self) -> Result<()> {
        match &self.shared.runtime.collect {
            Some(collect) if self.shared.collect_often => self.host.collect(collect),
            _ => Ok(()),
        }
    }

    /// Lets an object go that was [retained](Self::retain).
    pub(crate) fn release(&mut self, pointer: u32) -> Result<()> {
        if !self.shared.is_counted() {
            let mut state = self.shared.state();
            match state.pins.get_mut(&pointer) {
                None => return Ok(()),
                Some(1) => state.pins.remove(&pointer),
                Some(count) => {
                    *count -= 1;
                    return Ok(());
                }
            };
        }
        let name = self.shared.layout.release;
        let release = self.shared.runtime.release.as_ref();
        let release = release.ok_or(AsError::NoRuntime { name, purpose: "let objects go" })?;
        self.host.release(release, pointer)?;
        self.step()
    }

    fn memory(&self) -> Result<&'a Mem, AsError> {
        self.shared.memory()
    }

    /// Copies bytes of the memory.
    ///
    /// # Errors
    /// If they are not all inside it.
    pub fn read(&self, at: u32, into: &mut [u8]) -> Result<(), AsError> {
        Ok(self.host.read(self.memory()?, at, into)?)
    }

    /// Copies bytes into the memory.
    ///
    /// # Errors
    /// If there is not so much room.
    pub fn write(&mut self, at: u32, from: &[u8]) -> Result<(), AsError> {
        let memory = self.memory()?;
        Ok(self.host.write(memory, at, from)?)
    }

    pub(crate) fn u32(&self, at: u32) -> Result<u32, AsError> {
        let mut bytes = [0; 4];
        self.read(at, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    pub(crate) fn set_u32(&mut self, at: u32, value: u32) -> Result<(), AsError> {
        self.write(at, &value.to_le_bytes())
    }

    /// The bits of the value at an address.
    ///
    /// # Errors
    /// If it is not inside the memory.
    pub fn word(&self, at: u32, slot: Slot) -> Result<u64, AsError> {
        let mut bytes = [0; 8];
        self.read(at, &mut bytes[..usize::from(slot.size.min(8))])?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Writes the bits of a value to an address.
    ///
    /// # Errors
    /// If there is no room for it in the memory.
    pub fn set_word(&mut self, at: u32, slot: Slot, word: u64) -> Result<(), AsError> {
        self.write(at, &word.to_le_bytes()[..usize::from(slot.size.min(8))])
    }

    /// Are these bytes in the memory?
    pub(crate) fn check(&self, at: u32, len: u64) -> Result<(), String> {
        let size = self.memory().map_or(0, |memory| self.host.size(memory)) as u64;
        if u64::from(at) + len <= size {
            return Ok(());
        }
        Err(format!("{len} bytes from {at:#x} on are not inside the memory of {size:#x} bytes"))
    }

    /// What is in front of an object, if there can be one.
    pub(crate) fn header(&self, pointer: u32) -> Result<Header, AsError> {
        let fail = |reason: String| AsError::NoObject { pointer, reason };
        if pointer < LOWEST || !pointer.is_multiple_of(ALIGNMENT) {
            return Err(fail(format!("an object is at a multiple of {ALIGNMENT}, but not at zero")));
        }
        let id = self.u32(pointer - HEADER)?;
        let size = self.u32(pointer - HEADER + 4)?;
        self.check(pointer, size.into()).map_err(fail)?;
        match self.class_count()? {
            Some(count) if id >= count => {
                Err(fail(format!("its class would be {id}, but the module has {count} classes")))
            }
            _ => Ok(Header { id, size }),
        }
    }

    /// How many classes there are, if there is type information.
    pub(crate) fn class_count(&self) -> Result<Option<u32>, AsError> {
        let Some(at) = self.shared.rtti else { return Ok(None) };
        let fail = |reason: String| AsError::TypeInfo { at, reason };
        let count = self.u32(at).map_err(|error| fail(error.to_string()))?;
        let len = 4 + u64::from(count) * u64::from(self.shared.layout.rtti_entry);
        self.check(at, len)
            .map_err(|reason| fail(format!("it says that there are {count} classes, but {reason}")))?;
        Ok(Some(count))
    }

    /// What type information says of a class, if there is any.
    ///
    /// # Errors
    /// If the type information is broken, or there is no such class in it.
    pub fn class_info(&self, id: u32) -> Result<Option<ClassInfo>, AsError> {
        let Some(at) = self.entry(id)? else { return Ok(None) };
        Ok(Some(ClassInfo::new(self.u32(at)?, self.shared.layout)))
    }

    /// Where the type information of a class is.
    fn entry(&self, id: u32) -> Result<Option<u32>, AsError> {
        let (Some(at), Some(count)) = (self.shared.rtti, self.class_count()?) else { return Ok(None) };
        if id >= count {
            return Err(AsError::TypeInfo {
                at,
                reason: format!("there is no class {id}: there are {count}"),
            });
        }
        Ok(Some(at + 4 + id * self.shared.layout.rtti_entry))
    }

    /// The class id of an object's class, and its base classes up to the first without one.
    pub(crate) fn bases(&self, pointer: u32) -> Result<Vec<u32>, AsError> {
        let mut ids = vec![self.header(pointer)?.id];
        if self.shared.layout.rtti_entry < 8 {
            return Ok(ids);
        }
        // A base has a lower id in no order: at most as many as there are classes.
        for _ in 0..self.class_count()?.unwrap_or(0) {
            let Some(at) = self.entry(*ids.last().unwrap_or(&0))? else { break };
            match self.u32(at + 4)? {
                0 => break,
                base => ids.push(base),
            }
        }
        Ok(ids)
    }

    /// The class id of objects of that description.
    pub(crate) fn find_class(&mut self, wanted: ClassInfo) -> Result<u32> {
        let known = self.shared.state().classes.get(&wanted).copied();
        let found = match known {
            Some(found) => found,
            None => {
                let found = self.search_class(wanted)?;
                self.shared.state().classes.insert(wanted, found);
                found
            }
        };
        found.ok_or_else(|| {
            let hint = match self.shared.rtti {
                Some(_) => "no function of it takes one",
                None => "it exports no `__rtti_base`: build it with --exportRuntime",
            };
            AsError::NoClass { what: wanted.to_string(), hint }.into()
        })
    }

    fn search_class(&self, wanted: ClassInfo) -> Result<Option<u32>> {
        let mut loose = None;
        for id in 0..self.class_count()?.unwrap_or(0) {
            match self.class_info(id)? {
                Some(info) if info == wanted => return Ok(Some(id)),
                Some(info) if info.reads_as(&wanted) => loose = loose.or(Some(id)),
                _ => {}
            }
        }
        Ok(loose)
    }

    /// An object that is not of the class that was expected.
    pub(crate) fn wrong_class(&self, expected: String, pointer: u32, id: u32) -> AsError {
        let layout = self.shared.layout;
        let found = match self.class_info(id) {
            _ if id == layout.string => ", a string".to_owned(),
            _ if id == layout.array_buffer => ", a buffer".to_owned(),
            Ok(Some(info)) => format!(", {info}"),
            _ => String::new(),
        };
        AsError::WrongClass { expected, pointer, id, found }
    }

    /// Goes into an object, which counts as so many bytes.
    ///
    /// # Errors
    /// If that is deeper, or more, than the limits allow.
    pub(crate) fn inside<R>(&mut self, bytes: usize, run: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let limits = self.shared.limits;
        if self.depth >= limits.depth {
            return Err(AsError::Limit { what: "deeper", limit: limits.depth }.into());
        }
        // An object counts for something even if it is empty.
        let bytes = bytes.saturating_add(16);
        self.bytes =
            self.bytes.checked_sub(bytes).ok_or(AsError::Limit { what: "larger", limit: limits.bytes })?;
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }
}
