//! Guests of every era, and what tests of them have in common.

#![allow(dead_code, reason = "no test uses all of it")]

pub(crate) mod cases;
pub(crate) mod json;

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use terrane::{Caller, Engine, Global, Linker, Module, Mutability, Result, Store, Val, ValType};
use terrane_assemblyscript::{AsCtx, AsInstance, AsRecord, Managed, Utf16, add_to_linker, func_wrap};

/// Where the guests are.
pub(crate) fn eras() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eras")
}

/// A module as `eras.toml` has it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Guest {
    pub(crate) file: String,
    version: String,
    source: String,
    flags: String,
    /// Has it a `.d.ts` beside it?
    #[serde(default)]
    pub(crate) types: bool,
}

impl Guest {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        #[derive(Deserialize)]
        struct Eras {
            modules: Vec<Guest>,
        }
        let text = std::fs::read_to_string(eras().join("eras.toml")).unwrap();
        toml::from_str::<Eras>(&text).unwrap().modules
    }

    /// Those that have everything, and a runtime.
    pub(crate) fn full() -> impl Iterator<Item = Self> {
        Self::all().into_iter().filter(|guest| guest.source.ends_with("/guest.ts"))
    }

    /// One of each version: that which has the version's usual runtime, is optimised, and imports nothing needlessly.
    pub(crate) fn usual() -> impl Iterator<Item = Self> {
        Self::full()
            .filter(|guest| guest.file.ends_with("/full.wasm") || guest.file.ends_with("/incremental.wasm"))
    }

    pub(crate) fn named(file: &str) -> Self {
        Self::all().into_iter().find(|guest| guest.file == file).unwrap()
    }

    /// 9 for 0.9.4.
    pub(crate) fn minor(&self) -> u32 {
        self.version.split('.').nth(1).unwrap().parse().unwrap()
    }

    /// The directory, which stands for the version.
    pub(crate) fn era(&self) -> &str {
        self.file.split('/').next().unwrap()
    }

    pub(crate) fn has_table(&self) -> bool {
        self.flags.contains("--exportTable")
    }

    /// Are there only what `common/plain.ts` has, and no runtime?
    pub(crate) fn is_plain(&self) -> bool {
        self.source == "common/plain.ts"
    }

    /// The function that starts it, if that is not done by itself.
    fn start(&self) -> Option<&str> {
        if self.flags.contains("--explicitStart") {
            return Some("_start");
        }
        self.flags.split_once("--exportStart ").map(|(_, name)| name)
    }

    pub(crate) fn load(&self, engine: &Engine) -> Module {
        let path = eras().join(&self.file);
        Module::from_file(engine, &path).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()))
    }

    /// An instance in a store of its own.
    pub(crate) fn instance(&self) -> Result<(Store<AsCtx>, AsInstance)> {
        self.instance_with(AsCtx::default())
    }

    pub(crate) fn instance_with(&self, ctx: AsCtx) -> Result<(Store<AsCtx>, AsInstance)> {
        let engine = Engine::default();
        self.instantiate(&self.load(&engine), ctx)
    }

    pub(crate) fn instantiate(&self, module: &Module, ctx: AsCtx) -> Result<(Store<AsCtx>, AsInstance)> {
        self.instantiate_with(module, ctx, &[])
    }

    /// One that knows the ids of the classes below, which compilers from 0.20 on do not export: as an object of another
    /// instance has them.
    pub(crate) fn instance_with_records(&self, module: &Module) -> Result<(Store<AsCtx>, AsInstance)> {
        let (mut store, instance) = self.instantiate(module, AsCtx::default())?;
        let pairs: Vec<Managed> = instance.call(&mut store, "makePairs", 1)?;
        let item: Managed = instance.call(&mut store, "makeItem", ("", 0.0))?;
        let ids = [("Pair", pairs[0].class_id(&mut store)?), ("Item", item.class_id(&mut store)?)];
        self.instantiate_with(module, AsCtx::default(), &ids)
    }

    fn instantiate_with(
        &self,
        module: &Module,
        ctx: AsCtx,
        classes: &[(&str, u32)],
    ) -> Result<(Store<AsCtx>, AsInstance)> {
        let mut store = Store::new(module.engine(), ctx);
        let linker = linker(&mut store, &Notes::default())?;
        let mut builder = AsInstance::builder();
        if let Some(start) = self.start() {
            builder.start(start);
        }
        for (name, id) in classes {
            builder.class_id(*name, *id);
        }
        let instance = builder.instantiate(&mut store, &linker, module)?;
        Ok((store, instance))
    }
}

/// What guests have told `world.host.note`.
pub(crate) type Notes = Arc<Mutex<Vec<String>>>;

/// What guests import, as the oracle has it.
pub(crate) fn linker(store: &mut Store<AsCtx>, notes: &Notes) -> Result<Linker<AsCtx>> {
    let mut linker = Linker::new(store.engine());
    add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
    linker.func_wrap("world", "hostAdd", |a: i32, b: i32| a + b)?;
    let notes = notes.clone();
    func_wrap(&mut linker, "world", "host.note", move |_: &mut Caller<'_, AsCtx>, text: String| {
        notes.lock().unwrap().push(text);
        Ok(())
    })?;
    linker.func_wrap("outside", "scale", |x: f64, by: f64| x * by)?;
    func_wrap(&mut linker, "outside", "describe", |_: &mut Caller<'_, AsCtx>, values: Vec<i32>| {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        Ok(values.join("+"))
    })?;
    for (module, name, ty, value) in [
        ("world", "host.LEVEL", ValType::I32, Val::I32(9)),
        ("outside", "limit", ValType::F64, Val::F64(12.5_f64.to_bits())),
    ] {
        let global = Global::new(&mut *store, terrane::GlobalType::new(ty, Mutability::Const), value)?;
        linker.define(&*store, module, name, global)?;
    }
    Ok(linker)
}

/// `Pair` of `arrays.ts`.
#[derive(AsRecord, Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) left: i32,
    pub(crate) right: f64,
}

/// `Item` of `records.ts`.
#[derive(AsRecord, Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) name: Utf16,
    pub(crate) price: f64,
    pub(crate) count: u8,
    pub(crate) big: i64,
    pub(crate) rare: bool,
    pub(crate) tags: Vec<Utf16>,
    pub(crate) note: Option<Utf16>,
}

/// `Every` of `classes.ts`.
#[derive(AsRecord, Clone, Debug, PartialEq)]
pub(crate) struct Every {
    pub(crate) int8: i8,
    pub(crate) uint8: u8,
    pub(crate) int16: i16,
    pub(crate) uint16: u16,
    pub(crate) int32: i32,
    pub(crate) uint32: u32,
    pub(crate) int64: i64,
    pub(crate) uint64: u64,
    pub(crate) float32: f32,
    pub(crate) float64: f64,
    pub(crate) yes: bool,
    pub(crate) text: Utf16,
    pub(crate) nothing: Option<Utf16>,
    pub(crate) list: Vec<i32>,
}
