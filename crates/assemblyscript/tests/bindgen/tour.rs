// Made from a module and its declarations by `terrane bindgen assemblyscript`: change those.

use std::collections::{HashMap, HashSet};
use terrane::{AsContextMut, Linker, Module, Result};
use terrane_assemblyscript::{AsEnum, AsFunc, AsInstance, Function, Managed, TypedArray};

/// What the module exports, with its types.
#[derive(Clone, Debug)]
pub struct Tour {
    instance: AsInstance,
    greet: AsFunc,
    interview: AsFunc,
    sum: AsFunc,
    words: AsFunc,
    transpose: AsFunc,
    count: AsFunc,
    total: AsFunc,
    distinct: AsFunc,
    has: AsFunc,
    pixels: AsFunc,
    brightest: AsFunc,
    adder: AsFunc,
    apply: AsFunc,
    power: AsFunc,
    find: AsFunc,
    next: AsFunc,
    square: AsFunc,
    area: AsFunc,
    fail: AsFunc,
    talk: AsFunc,
    roll: AsFunc,
    now: AsFunc,
}

impl Tour {
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
            greet: instance.get_func(&mut store, "greet")?,
            interview: instance.get_func(&mut store, "interview")?,
            sum: instance.get_func(&mut store, "sum")?,
            words: instance.get_func(&mut store, "words")?,
            transpose: instance.get_func(&mut store, "transpose")?,
            count: instance.get_func(&mut store, "count")?,
            total: instance.get_func(&mut store, "total")?,
            distinct: instance.get_func(&mut store, "distinct")?,
            has: instance.get_func(&mut store, "has")?,
            pixels: instance.get_func(&mut store, "pixels")?,
            brightest: instance.get_func(&mut store, "brightest")?,
            adder: instance.get_func(&mut store, "adder")?,
            apply: instance.get_func(&mut store, "apply")?,
            power: instance.get_func(&mut store, "power")?,
            find: instance.get_func(&mut store, "find")?,
            next: instance.get_func(&mut store, "next")?,
            square: instance.get_func(&mut store, "square")?,
            area: instance.get_func(&mut store, "area")?,
            fail: instance.get_func(&mut store, "fail")?,
            talk: instance.get_func(&mut store, "talk")?,
            roll: instance.get_func(&mut store, "roll")?,
            now: instance.get_func(&mut store, "now")?,
            instance,
        })
    }

    /// The instance without its types.
    pub fn instance(&self) -> &AsInstance {
        &self.instance
    }

    /// `tour/greet`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn greet(&self, store: impl AsContextMut, name: &str) -> Result<String> {
        self.greet.call(store, (name,))
    }

    /// `tour/interview`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn interview(&self, store: impl AsContextMut, question: &str) -> Result<String> {
        self.interview.call(store, (question,))
    }

    /// `tour/sum`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn sum(&self, store: impl AsContextMut, numbers: &[i32]) -> Result<i32> {
        self.sum.call(store, (numbers,))
    }

    /// `tour/words`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn words(&self, store: impl AsContextMut, text: &str) -> Result<Vec<String>> {
        self.words.call(store, (text,))
    }

    /// `tour/transpose`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn transpose(
        &self,
        store: impl AsContextMut,
        rows: &[Vec<f64>],
    ) -> Result<Vec<Vec<f64>>> {
        self.transpose.call(store, (rows,))
    }

    /// `tour/count`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn count(&self, store: impl AsContextMut, text: &str) -> Result<HashMap<String, i32>> {
        self.count.call(store, (text,))
    }

    /// `tour/total`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn total(
        &self,
        store: impl AsContextMut,
        counts: &HashMap<String, i32>,
        extra: &str,
    ) -> Result<i32> {
        self.total.call(store, (counts, extra))
    }

    /// `tour/distinct`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn distinct(&self, store: impl AsContextMut, numbers: &[u8]) -> Result<HashSet<u8>> {
        self.distinct.call(store, (numbers,))
    }

    /// `tour/has`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn has(&self, store: impl AsContextMut, set: &HashSet<u8>, number: u8) -> Result<bool> {
        self.has.call(store, (set, number))
    }

    /// `tour/pixels`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn pixels(&self, store: impl AsContextMut) -> Result<TypedArray<u8>> {
        self.pixels.call(store, ())
    }

    /// `tour/brightest`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn brightest(&self, store: impl AsContextMut) -> Result<u8> {
        self.brightest.call(store, ())
    }

    /// `tour/adder`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn adder(&self, store: impl AsContextMut) -> Result<Function<(i32, i32), i32>> {
        self.adder.call(store, ())
    }

    /// `tour/apply`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn apply(
        &self,
        store: impl AsContextMut,
        f: &Function<(i32, i32), i32>,
        a: i32,
        b: i32,
    ) -> Result<i32> {
        self.apply.call(store, (f, a, b))
    }

    /// `tour/power`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn power(
        &self,
        store: impl AsContextMut,
        base: i32,
        exponent: Option<i32>,
    ) -> Result<i32> {
        let Some(exponent) = exponent else {
            return self.power.call(store, (base,));
        };
        self.power.call(store, (base, exponent))
    }

    /// `tour/find`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn find(
        &self,
        store: impl AsContextMut,
        names: &[String],
        start: &str,
    ) -> Result<Option<String>> {
        self.find.call(store, (names, start))
    }

    /// `tour/next`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn next(&self, store: impl AsContextMut, color: i32) -> Result<i32> {
        self.next.call(store, (color,))
    }

    /// `tour/square`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn square(
        &self,
        store: impl AsContextMut,
        name: &str,
        x: f64,
        y: f64,
        side: f64,
    ) -> Result<Managed<Shape>> {
        self.square.call(store, (name, x, y, side))
    }

    /// `tour/area`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn area(&self, store: impl AsContextMut, shape: &Managed<Shape>) -> Result<f64> {
        self.area.call(store, (shape,))
    }

    /// `tour/fail`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn fail(&self, store: impl AsContextMut, reason: &str) -> Result<()> {
        self.fail.call(store, (reason,))
    }

    /// `tour/talk`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn talk(&self, store: impl AsContextMut) -> Result<()> {
        self.talk.call(store, ())
    }

    /// `tour/roll`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn roll(&self, store: impl AsContextMut) -> Result<f64> {
        self.roll.call(store, ())
    }

    /// `tour/now`
    ///
    /// # Errors
    /// What the call fails with, or if values cannot be passed.
    pub fn now(&self, store: impl AsContextMut) -> Result<i64> {
        self.now.call(store, ())
    }

    /// `tour/VERSION`
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn version(&self, store: impl AsContextMut) -> Result<String> {
        self.instance.get(store, "VERSION")
    }

    /// `tour/volume`
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn volume(&self, store: impl AsContextMut) -> Result<f64> {
        self.instance.get(store, "volume")
    }

    /// Changes `tour/volume`.
    ///
    /// # Errors
    /// If the value cannot be passed.
    pub fn set_volume(&self, store: impl AsContextMut, value: f64) -> Result<()> {
        self.instance.set(store, "volume", value)
    }

    /// `tour/POINT`
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn point(&self, store: impl AsContextMut) -> Result<u32> {
        self.instance.get(store, "POINT")
    }

    /// `tour/SHAPE`
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn shape(&self, store: impl AsContextMut) -> Result<u32> {
        self.instance.get(store, "SHAPE")
    }
}

/// `tour/Shape`: there are handles to its objects.
#[derive(Debug)]
pub enum Shape {}

/// `Color`
#[derive(AsEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// `Red`
    Red = 0,
    /// `Green`
    Green = 5,
    /// `Blue`
    Blue = 6,
}
