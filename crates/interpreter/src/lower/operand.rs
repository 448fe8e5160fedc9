//! The symbolic operand stack.
//!
//! Every entry has a slot of its own in the frame, its *canonical* slot, above those of the entries below; a vector has two. An entry
//! that is not there yet stands for a local that is still to be read, a constant, or the result of the
//! last instruction of its class, which is only in the accumulator. At branches and labels all entries are
//! settled: put into their slots, so that all paths agree.

use super::emit::Copy;
use super::variable::GLOBALS;
use super::{Lowering, NONE};
use crate::exec::operand::{Class, Value};
use crate::exec::parametric;
use crate::exec::state::Handler;
use terrane_runtime::numerics::V128;

/// An operand on the symbolic stack.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) class: Class,
    /// Its canonical slot.
    pub(super) slot: u32,
}

/// Where an operand is.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In a local, not read yet; the next entry below that stands for the same one.
    Local { x: u32, below: u32 },
    /// Nowhere: its bits are known.
    Const(u64),
    /// In its canonical slot, put there by the instruction at `def`, unless that is `NONE`.
    Slot { def: u32 },
    /// Only in the accumulator, put there by the instruction at `def`, unless that is `NONE`. With the
    /// handler `both` that instruction puts it into a slot as well.
    Acc { def: u32, both: Option<Handler> },
}

/// An operand as an instruction takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opd {
    /// In the accumulator of its class.
    Reg,
    /// In a slot.
    Slot(u32),
    /// Known bits.
    Const(u64),
}

/// An operand that was popped: as an instruction takes it, and the position of the instruction that put it
/// into the accumulator, if it was only there.
#[derive(Clone, Copy)]
pub(super) struct Popped {
    pub(super) opd: Opd,
    pub(super) def: u32,
    pub(super) class: Class,
    /// The canonical slot, which is free now.
    pub(super) slot: u32,
    /// The local that it stood for, or `NONE`.
    pub(super) local: u32,
}

impl Lowering {
    /// The first slot above the stack.
    pub(super) fn top(&self) -> u32 {
        self.stack.last().map_or(self.temps, |entry| entry.slot + entry.class.words())
    }

    pub(super) fn push(&mut self, class: Class, place: Place) {
        let slot = self.top();
        self.frame = self.frame.max(slot + class.words());
        self.stack.push(Entry { place, class, slot });
    }

    pub(super) fn push_const(&mut self, class: Class, bits: u64) {
        self.push(class, Place::Const(bits));
    }

    /// Pushes a value that is in its canonical slot already.
    pub(super) fn push_slot(&mut self, class: Class) {
        self.push(class, Place::Slot { def: NONE });
    }

    /// Pushes the result that the last instruction left in the accumulator.
    pub(super) fn push_acc(&mut self, class: Class, def: u32, both: Option<Handler>) {
        self.acc[class as usize] = self.stack.len() as u32;
        self.mirror[class as usize] = NONE;
        self.push(class, Place::Acc { def, both });
    }

    /// Pops an entry as it is.
    pub(super) fn pop_entry(&mut self) -> Entry {
        let entry = self.stack.pop().expect("valid code");
        self.settled = self.settled.min(self.stack.len());
        match entry.place {
            Place::Local { x, below } => self.locals[x as usize].pending = below,
            Place::Acc { .. } => self.acc[entry.class as usize] = NONE,
            Place::Const(_) | Place::Slot { .. } => (),
        }
        entry
    }

    /// Pops an operand for the instruction that is emitted next.
    pub(super) fn pop(&mut self) -> Popped {
        let entry = self.pop_entry();
        let (opd, def) = match entry.place {
            Place::Const(bits) => (Opd::Const(bits), NONE),
            Place::Acc { def, .. } => (Opd::Reg, def),
            Place::Slot { .. } => (self.read_slot(entry.class, entry.slot), NONE),
            Place::Local { x, .. } => {
                let slot = self.read_local(x);
                (self.read_slot(entry.class, slot), NONE)
            }
        };
        let local = if let Place::Local { x, .. } = entry.place { x } else { NONE };
        Popped { opd, def, class: entry.class, slot: entry.slot, local }
    }

    /// Puts back an entry that was popped for code that leaves the straight line.
    pub(super) fn restore(&mut self, entry: Entry) {
        let i = self.stack.len() as u32;
        match entry.place {
            Place::Local { x, .. } => self.locals[x as usize].pending = i,
            Place::Acc { .. } => self.acc[entry.class as usize] = i,
            Place::Const(_) | Place::Slot { .. } => (),
        }
        self.stack.push(entry);
    }

    /// Notes that the instruction that is emitted next reads a local; its slot.
    pub(super) fn read_local(&mut self, x: u32) -> u32 {
        let local = &mut self.locals[x as usize];
        local.accessed = self.code.len() as u32;
        local.slot
    }

    /// A slot's value, from the accumulator if it is there too.
    fn read_slot(&self, class: Class, slot: u32) -> Opd {
        if self.mirror[class as usize] == slot { Opd::Reg } else { Opd::Slot(slot) }
    }

    /// The slot that the accumulator mirrors, or what stands for a global.
    pub(super) fn mirrored(&self, class: Class) -> u32 {
        self.mirror[class as usize]
    }

    /// Pops two operands; at most one of them is in the accumulator.
    pub(super) fn pop_two(&mut self) -> (Popped, Popped) {
        let b = self.pop();
        let mut a = self.pop();
        if a.opd == Opd::Reg && b.opd == Opd::Reg && a.class == b.class {
            // Both are the same slot, which the accumulator mirrors.
            a.opd = Opd::Slot(self.mirror[a.class as usize]);
        }
        (a, b)
    }

    /// Makes sure that an operand is not a constant.
    pub(super) fn no_const(&mut self, popped: Popped) -> Opd {
        match popped.opd {
            Opd::Const(bits) => {
                self.emit_copy(Copy::Const(bits), popped.slot);
                Opd::Slot(popped.slot)
            }
            opd => opd,
        }
    }

    /// Makes sure that an operand is in a slot; which one.
    pub(super) fn in_slot(&mut self, popped: Popped) -> u32 {
        match self.no_const(popped) {
            Opd::Slot(slot) => slot,
            _ if self.mirrored(popped.class) < GLOBALS => self.mirrored(popped.class),
            _ => {
                self.emit_copy(Copy::Reg(popped.class), popped.slot);
                popped.slot
            }
        }
    }

    /// Puts the entry at height `i` into its canonical slot.
    pub(super) fn settle(&mut self, i: usize) {
        let entry = self.stack[i];
        match entry.place {
            Place::Slot { .. } => return,
            Place::Const(bits) => self.emit_copy(Copy::Const(bits), entry.slot),
            Place::Local { x, below } => {
                debug_assert_eq!(
                    self.locals[x as usize].pending, i as u32,
                    "entries are settled from the top"
                );
                self.locals[x as usize].pending = below;
                let slot = self.read_local(x);
                self.emit_copy(Copy::Slot(entry.class, slot), entry.slot);
            }
            Place::Acc { def, both } => return self.settle_acc(i, def, both),
        }
        self.stack[i].place = Place::Slot { def: NONE };
    }

    /// Puts an entry into its slot that is only in the accumulator: by having the instruction that made it
    /// write the slot as well, which costs no instruction.
    fn settle_acc(&mut self, i: usize, def: u32, both: Option<Handler>) {
        let Entry { class, slot, .. } = self.stack[i];
        let def = match both {
            Some(both) if self.fits(slot) => {
                self.patch_dst(def, both, slot);
                def
            }
            _ => {
                self.emit_copy(Copy::Reg(class), slot);
                NONE
            }
        };
        self.forget_slot(class, slot);
        self.acc[class as usize] = NONE;
        self.mirror[class as usize] = slot;
        self.stack[i].place = Place::Slot { def };
    }

    /// Saves the entry that is only in the accumulator of a class, if there is one, before the accumulator
    /// is overwritten.
    pub(super) fn save_acc(&mut self, class: Class) {
        let i = self.acc[class as usize];
        if i != NONE {
            self.settle(i as usize);
        }
    }

    /// Saves what is only in accumulators.
    pub(super) fn save_accs(&mut self) {
        for class in Class::ALL {
            self.save_acc(class);
        }
    }

    /// Puts all entries into their slots.
    pub(super) fn settle_all(&mut self) {
        for i in (self.settled..self.stack.len()).rev() {
            self.settle(i);
        }
        self.settled = self.stack.len();
    }

    /// Forgets what the accumulators mirror.
    pub(super) fn forget_mirrors(&mut self) {
        self.mirror = [NONE; Class::COUNT];
    }

    /// The accumulators mirror the slots of a value no more.
    pub(super) fn forget_slot(&mut self, class: Class, slot: u32) {
        let end = slot + class.words();
        for (mirror, class) in self.mirror.iter_mut().zip(Class::ALL) {
            // `NONE` is no slot's neighbour.
            if *mirror < end && slot < *mirror + class.words() {
                *mirror = NONE;
            }
        }
    }

    /// Drops the entries above height `height`.
    pub(super) fn truncate(&mut self, height: usize) {
        while self.stack.len() > height {
            self.pop_entry();
        }
    }
}

/// The handler that copies the accumulator of a class to a slot.
pub(super) fn copy_reg(class: Class) -> Handler {
    fn of<V: Value>() -> Handler {
        parametric::copy_reg::<V>
    }
    match class {
        Class::Int => of::<u64>(),
        Class::F32 => of::<f32>(),
        Class::F64 => of::<f64>(),
        Class::V128 => of::<V128>(),
    }
}
