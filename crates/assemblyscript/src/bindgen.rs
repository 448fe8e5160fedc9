//! Typed bindings: from a module, and the declarations that its compiler has written for it, to a Rust file.

mod declarations;
mod types;
mod write;

use declarations::Declarations;
use heck::ToUpperCamelCase;
use indexmap::IndexMap;
use terrane::{Config, Engine, ExternType, Linker, Module, Result, Store, ensure};

/// Why declarations could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the declarations: {reason}: `{text}`")]
pub struct BindgenError {
    /// The line, from 1.
    pub line: usize,
    /// What was expected.
    pub reason: &'static str,
    /// The line, or what of it could not be read.
    pub text: String,
}

/// Instructions that a module may take to start, for its enumerations to be read.
const FUEL: u64 = 1_000_000_000;

/// Writes a Rust file for a module: a structure named `name`, in `UpperCamelCase`, with a function for each that the module
/// exports, its records, its enumerations.
///
/// `declarations` is the `.d.ts` file that compilers from 0.20 on write beside the module with `--bindings`. Class ids in the
/// Rust file are those of this build: make it anew whenever the module is.
///
/// The file uses `terrane` and `terrane_assemblyscript`.
///
/// | in the declarations | in the Rust file |
/// |---|---|
/// | functions | methods, whose names are in `snake_case`; parameters that may be left out are `Option`s |
/// | constants, variables | methods; `set_…` as well for variables |
/// | enumerations | `enum`s that are [`AsEnum`](crate::AsEnum); functions take and return `i32`, as declarations do not say which |
/// | classes that cross by value, `__Record…` | structures that are [`AsRecord`](trait@crate::AsRecord) |
/// | other classes, `__Internref…` | empty types for [`Managed`](crate::Managed) |
///
/// ```
/// let module = std::fs::read("guests/tour.wasm")?;
/// let declarations = std::fs::read_to_string("guests/tour.d.ts")?;
/// let file = terrane_assemblyscript::bindgen::generate("tour", &module, &declarations)?;
/// assert!(file.contains("pub fn greet(&self, store: impl AsContextMut, name: &str) -> Result<String>"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// - A [`BindgenError`]: the declarations are not as compilers write them.
/// - If the module is none, or the declarations are not its own.
pub fn generate(name: &str, module: &[u8], declarations: &str) -> Result<String> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let module = Module::new(&Engine::new(&config)?, module)?;
    let declarations = Declarations::parse(declarations)?;
    for func in &declarations.funcs {
        check(&module, &func.name, |ty| matches!(ty, ExternType::Func(_)))?;
    }
    for global in &declarations.globals {
        check(&module, &global.name, |ty| matches!(ty, ExternType::Global(_)))?;
    }
    let enums = members(&module, &declarations)?;
    Ok(write::file(&name.to_upper_camel_case(), &declarations, &enums))
}

fn check(module: &Module, name: &str, is: impl Fn(&ExternType) -> bool) -> Result<()> {
    let found = module.get_export(name);
    ensure!(
        found.as_ref().is_some_and(is),
        "the declarations have `{name}`, which the module does not export: are they of another build?"
    );
    Ok(())
}

/// The enumerations, with the numbers of their members, which only an instance knows.
fn members(module: &Module, declarations: &Declarations) -> Result<IndexMap<String, IndexMap<String, i32>>> {
    if declarations.enums.is_empty() {
        return Ok(IndexMap::new());
    }
    let mut store = Store::new(module.engine(), ());
    store.set_fuel(FUEL)?;
    let mut linker = Linker::new(module.engine());
    linker.define_unknown_imports_as_default_values(&mut store, module)?;
    let instance = linker.instantiate(&mut store, module)?;
    let number = |store: &mut Store<()>, name: &str| instance.get_global(&mut *store, name)?.get(store).i32();
    let mut enums = IndexMap::new();
    for (name, members) in &declarations.enums {
        let mut numbers = IndexMap::new();
        for member in members {
            let export = format!("{name}.{member}");
            check(module, &export, |ty| matches!(ty, ExternType::Global(_)))?;
            numbers.insert(member.clone(), number(&mut store, &export).unwrap_or_default());
        }
        enums.insert(name.clone(), numbers);
    }
    Ok(enums)
}
