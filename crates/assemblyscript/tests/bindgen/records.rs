// Made from a module and its declarations by `terrane bindgen assemblyscript`: change those.

use std::collections::{HashMap, HashSet};
use terrane::{AsContextMut, Linker, Module, Result};
use terrane_assemblyscript::{
    ArrayBuffer, AsEnum, AsFunc, AsInstance, AsRecord, Function, Managed, StaticArray, TypedArray,
};

/// What the module exports, with its types.
#[derive(Clone, Debug)]
pub struct Records {
    instance: AsInstance,
    turn: AsFunc,
    length: AsFunc,
    new_counter: AsFunc,
    count: AsFunc,
    each: AsFunc,
    lengths: AsFunc,
    clamp: AsFunc,
    deep: AsFunc,
    r#move: AsFunc,
}

impl Records {
    /// Instantiates the module with what a linker defines.
    ///
    /// # Errors
    /// As for [`AsInstance::instantiate`]; and if this is another build of the module.
    pub fn instantiate<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        linker: &Linker<T>,
        module: &Module,
    ) -> Result<Self> {
        let instance = AsInstance::instantiate(&mut store, linker, module)?;
        Self::new(store, instance)
    }

    /// An instance that is there already.
    ///
    /// # Errors
    /// If it is of another module.
    #[allow(unused_mut)]
    pub fn new(mut store: impl AsContextMut, instance: AsInstance) -> Result<Self> {
        Ok(Self {
            turn: instance.get_func(&mut store, "turn")?,
            length: instance.get_func(&mut store, "length")?,
            new_counter: instance.get_func(&mut store, "newCounter")?,
            count: instance.get_func(&mut store, "count")?,
            each: instance.get_func(&mut store, "each")?,
            lengths: instance.get_func(&mut store, "lengths")?,
            clamp: instance.get_func(&mut store, "clamp")?,
            deep: instance.get_func(&mut store, "deep")?,
            r#move: instance.get_func(&mut store, "move")?,
            instance,
        })
    }

    /// The instance without its types.
    pub fn instance(&self) -> &AsInstance {
        &self.instance
    }

    /// `records/turn`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn turn(&self, store: impl AsContextMut, v: &Vec3, factor: i64) -> Result<Vec3> {
        self.turn.call(store, (v, factor))
    }

    /// `records/length`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn length(&self, store: impl AsContextMut, list: Option<Option<&Vec3>>) -> Result<i32> {
        let Some(list) = list else {
            return self.length.call(store, ());
        };
        self.length.call(store, (list,))
    }

    /// `records/newCounter`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn new_counter(&self, store: impl AsContextMut) -> Result<Managed<Counter>> {
        self.new_counter.call(store, ())
    }

    /// `records/count`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn count(&self, store: impl AsContextMut, counter: &Managed<Counter>) -> Result<i32> {
        self.count.call(store, (counter,))
    }

    /// `records/each`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn each(
        &self,
        store: impl AsContextMut,
        names: &[Option<String>],
        r#type: &Function<(String,), i32>,
    ) -> Result<Vec<i32>> {
        self.each.call(store, (names, r#type))
    }

    /// `records/lengths`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn lengths(&self, store: impl AsContextMut) -> Result<Function<(String,), i32>> {
        self.lengths.call(store, ())
    }

    /// `records/clamp`
    ///
    /// Arguments after one that is left out are left out as well.
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn clamp(
        &self,
        store: impl AsContextMut,
        values: &TypedArray<u8>,
        self_: i32,
        low: Option<u8>,
        high: Option<u8>,
    ) -> Result<TypedArray<u8>> {
        let Some(low) = low else {
            return self.clamp.call(store, (values, self_));
        };
        let Some(high) = high else {
            return self.clamp.call(store, (values, self_, low));
        };
        self.clamp.call(store, (values, self_, low, high))
    }

    /// `records/deep`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn deep(
        &self,
        store: impl AsContextMut,
        map: &HashMap<i32, HashSet<String>>,
    ) -> Result<HashMap<i32, HashSet<String>>> {
        self.deep.call(store, (map,))
    }

    /// `records/move`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn r#move(&self, store: impl AsContextMut) -> Result<()> {
        self.r#move.call(store, ())
    }

    /// `records/list`
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn list(&self, store: impl AsContextMut) -> Result<Vec<i32>> {
        self.instance.get(store, "list")
    }

    /// Changes `records/list`.
    ///
    /// # Errors
    /// If the value cannot be passed.
    pub fn set_list(&self, store: impl AsContextMut, value: &[i32]) -> Result<()> {
        self.instance.set(store, "list", value)
    }
}

/// `records/Vec3`, by value.
#[derive(AsRecord, Clone, Debug, PartialEq)]
#[as_record(id = 5)]
pub struct Vec3 {
    /// `x`
    pub x: f64,
    /// `y`
    pub y: f64,
    /// `tag`
    pub tag: String,
    /// `next`
    pub next: Option<Box<Vec3>>,
    /// `small`
    pub small: u8,
    /// `numbers`
    pub numbers: StaticArray<i32>,
    /// `bytes`
    pub bytes: ArrayBuffer,
    /// `big`
    pub big: i64,
    /// `typed`
    pub typed: TypedArray<u16>,
}

/// `records/Counter`: there are handles to its objects.
#[derive(Debug)]
pub enum Counter {}

/// `Sign`
#[derive(AsEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `Minus`
    Minus = -1,
    /// `Zero`
    Zero = 0,
    /// `Plus`
    Plus = 1,
}

impl Sign {
    /// `Positive`
    #[allow(non_upper_case_globals)]
    pub const Positive: Self = Self::Plus;
}
