//! Module instances, and the segments and tags in them.
//!
//! [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#module-instances)

use crate::{
    ExternAddr, FuncInst, GlobalInst, Layout, MemAddr, MemInst, ModuleAddr, Ref, Store, TableInst, TagAddr,
};
use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;
use terrane_syntax::types::DefType;
use terrane_syntax::{ExternIdx, Module};

/// An instance of a module. The vectors of pointers are its index spaces, imports first: what they
/// point to belongs to the store and does not move.
pub struct ModuleInst {
    /// Its address in the store.
    pub addr: ModuleAddr,
    /// The module it is an instance of.
    pub module: Arc<Module>,
    /// What the interpreter made of the module's code.
    pub code: Arc<dyn Any + Send + Sync>,
    /// Functions.
    pub funcs: Vec<NonNull<FuncInst>>,
    /// Tables.
    pub tables: Vec<NonNull<TableInst>>,
    /// Memories.
    pub mems: Vec<NonNull<MemInst>>,
    /// Globals.
    pub globals: Vec<NonNull<GlobalInst>>,
    /// Tags.
    pub tags: Vec<TagAddr>,
    /// Element segments.
    pub elems: Vec<ElemInst>,
    /// Data segments.
    pub datas: Vec<DataInst>,
    /// The addresses of all exports, in module order.
    pub exports: Vec<ExternAddr>,
}

// SAFETY: the pointers are to things that the same store owns.
unsafe impl Send for ModuleInst {}
// SAFETY: as above; whoever changes what they point to has the store to itself.
unsafe impl Sync for ModuleInst {}

impl ModuleInst {
    /// The bytes of data segment `i`: none once it was dropped.
    pub fn data(&self, i: usize) -> &[u8] {
        if self.datas[i].dropped { &[] } else { &self.module.datas[i].init }
    }

    /// The export of that name, and what part of the module it is.
    pub fn export(&self, name: &str) -> Option<(ExternIdx, ExternAddr)> {
        let i = self.module.exports.iter().position(|export| export.name == name)?;
        Some((self.module.exports[i].idx, self.exports[i]))
    }
}

/// The memories of an instance.
impl Store {
    /// How many memories an instance has.
    pub fn mems_of(&self, a: ModuleAddr) -> usize {
        self.module(a).mems.len()
    }

    /// Memory `x` of an instance, if it has as many.
    pub fn mem_of(&self, a: ModuleAddr, x: usize) -> Option<&MemInst> {
        // SAFETY: *pinned*; `&self` rules out `&mut` to a memory of the store.
        self.module(a).mems.get(x).map(|mem| unsafe { mem.as_ref() })
    }

    /// The address of memory `x` of an instance, if it has as many.
    pub fn mem_addr_of(&self, a: ModuleAddr, x: usize) -> Option<MemAddr> {
        let mem = self.module(a).mems.get(x)?;
        (0..self.mems.len()).find(|i| self.mems.ptr(*i) == *mem).map(MemAddr::from)
    }

    /// Memory `x` of an instance, to change it, if it has as many.
    pub fn mem_of_mut(&mut self, a: ModuleAddr, x: usize) -> Option<&mut MemInst> {
        let mut mem = *self.module(a).mems.get(x)?;
        // SAFETY: *pinned*; `&mut self` rules out other references to memories of the store.
        Some(unsafe { mem.as_mut() })
    }

    /// Memories `x` and `y` of an instance, if it has as many, and they are not one and the same.
    pub fn two_mems_of_mut(
        &mut self,
        a: ModuleAddr,
        x: usize,
        y: usize,
    ) -> Option<(&mut MemInst, &mut MemInst)> {
        let mems = &self.module(a).mems;
        let (mut x, mut y) = (*mems.get(x)?, *mems.get(y)?);
        if x == y {
            return None;
        }
        // SAFETY: *pinned*; `&mut self` rules out other references to memories of the store, and they are two.
        Some(unsafe { (x.as_mut(), y.as_mut()) })
    }
}

/// An element segment of an instance: empty once it was dropped.
#[derive(Debug, Default)]
pub struct ElemInst {
    /// Its elements.
    pub refs: Box<[Ref]>,
}

/// A data segment of an instance: its bytes are the module's until it is dropped.
#[derive(Debug, Default)]
pub struct DataInst {
    /// Was it dropped?
    pub dropped: bool,
}

/// A tag in a store: equal only to itself.
#[derive(Debug)]
pub struct TagInst {
    /// The type of function that throws it.
    pub ty: DefType,
    /// How its exceptions lie in memory.
    pub(crate) layout: Layout,
}

impl TagInst {
    /// How many words its exceptions carry: one for each parameter, two for vectors.
    #[inline]
    pub fn words(&self) -> usize {
        self.layout.words() as usize
    }
}

/// What an [`ExternAddr`] finds: see [`Store::find`](crate::Store::find).
#[derive(Clone, Copy)]
pub enum ExternInst<'a> {
    /// A function.
    Func(&'a FuncInst),
    /// A table.
    Table(&'a TableInst),
    /// A memory.
    Mem(&'a MemInst),
    /// A global.
    Global(&'a GlobalInst),
    /// A tag.
    Tag(&'a TagInst),
}
