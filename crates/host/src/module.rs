//! Modules, compiled.

mod compile;
mod file;
mod text;

use crate::types::{ExportType, ImportType};
use crate::{Engine, Error, ExternType, Result};
use bytes::Bytes;
use compile::{Bodies, Compiled};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use terrane_binary::{NAME_SECTION, Names};
use terrane_interpreter::Code;
use terrane_syntax::types as syntax;

/// A module that has been decoded and validated, and compiled or ready to be.
///
/// It is cheap to clone, and may be used by several threads at once: all its instances, in whatever stores, share
/// its code.
///
/// ```
/// use terrane::{Engine, Module};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module $math
///         (import "env" "pi" (global f64))
///         (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#,
/// )?;
/// assert_eq!(module.name(), Some("math"));
/// let import = module.imports().next().unwrap();
/// assert_eq!((import.module(), import.name(), import.ty().to_string()), ("env", "pi", "global f64".into()));
/// assert_eq!(module.get_export("add").unwrap().to_string(), "func [i32 i32] -> [i32]");
/// # Ok::<(), terrane::Error>(())
/// ```
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    engine: Engine,
    syntax: Arc<terrane_syntax::Module>,
    types: Arc<syntax::ModuleTypes>,
    ty: syntax::ModuleType,
    code: Arc<Code>,
    bodies: Arc<Bodies>,
    /// Positions of exports by name: of modules that have many.
    exports: OnceLock<HashMap<Box<str>, usize>>,
    names: OnceLock<NameIndex>,
}

/// What the name section says of functions, or nothing if there is none that can be read.
#[derive(Default)]
struct NameIndex {
    module: Option<Box<str>>,
    /// Which of the custom sections it is.
    section: usize,
    /// By function, in ascending order, where in the section its name is.
    funcs: Vec<(u32, Range<usize>)>,
}

impl NameIndex {
    fn new(syntax: &terrane_syntax::Module) -> Self {
        let Some(section) = syntax.customs.iter().position(|custom| custom.name == NAME_SECTION) else {
            return Self::default();
        };
        let custom = &syntax.customs[section];
        let Ok(names) = Names::decode(&custom.bytes, custom.offset) else { return Self::default() };
        let range = |name: &str| {
            let start = name.as_ptr() as usize - custom.bytes.as_ptr() as usize;
            start..start + name.len()
        };
        let funcs = names.funcs.iter().map(|(func, name)| (*func, range(name))).collect();
        Self { module: names.module.map(Box::from), section, funcs }
    }

    fn func<'m>(&self, syntax: &'m terrane_syntax::Module, func: u32) -> Option<&'m str> {
        let i = self.funcs.binary_search_by_key(&func, |(func, _)| *func).ok()?;
        std::str::from_utf8(&syntax.customs[self.section].bytes[self.funcs[i].1.clone()]).ok()
    }
}

/// Up to so many exports are searched one by one: making an index takes longer.
pub(crate) const FEW_EXPORTS: usize = 8;

impl Module {
    /// A module from the binary format, or, if it does not begin with a zero byte, from the text format (unless the
    /// crate's feature `wat` is switched off).
    ///
    /// # Errors
    /// - [`ErrorKind::Malformed`](crate::ErrorKind::Malformed): the bytes are no module.
    /// - [`ErrorKind::Invalid`](crate::ErrorKind::Invalid): the module breaks a rule of validation.
    /// - [`ErrorKind::Text`](crate::ErrorKind::Text): the text is no module; the message shows the line.
    ///
    /// ```
    /// use terrane::{Engine, Module};
    ///
    /// let engine = Engine::default();
    /// Module::new(&engine, b"\0asm\x01\0\0\0")?;
    ///
    /// let error = Module::new(&engine, "(module (func (result i32) f32.const 0))").unwrap_err();
    /// assert_eq!(error.to_string(), "type mismatch: expected i32, found f32 (at byte 0x1d)");
    ///
    /// let error = Module::new(&engine, "(module\n  (fnuc))").unwrap_err();
    /// assert!(error.to_string().contains("2 |   (fnuc))\n      |    ^"), "{error}");
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Self> {
        let bytes = bytes.as_ref();
        match text::to_binary(bytes, None)? {
            Some(binary) => Self::compile(engine, binary.into()),
            None => Self::from_binary(engine, bytes),
        }
    }

    /// The same from a file.
    ///
    /// # Errors
    /// If the file cannot be read, and as for [`new`](Self::new). Errors name the file.
    pub fn from_file(engine: &Engine, file: impl AsRef<Path>) -> Result<Self> {
        let path = file.as_ref();
        let bytes = Self::read_file(path)
            .map_err(|error| Error::new(error).context(format_args!("cannot read {}", path.display())))?;
        let binary = text::to_binary(&bytes, Some(path))?.map_or(bytes, Bytes::from);
        Self::compile(engine, binary).map_err(|error| error.context(format_args!("in {}", path.display())))
    }

    /// The contents of a file, as [`from_file`](Self::from_file) reads them: for those who want to look at them too, and
    /// make a module of them [`from_bytes`](Self::from_bytes). Large files are read into large pages, where there are such.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read_file(file: impl AsRef<Path>) -> std::io::Result<Bytes> {
        file::read(file.as_ref())
    }

    /// A module from the binary format, whose bytes it shares instead of copying them.
    ///
    /// # Errors
    /// As for [`new`](Self::new), but for text.
    ///
    /// ```
    /// use terrane::{Engine, Module};
    ///
    /// let module = Module::from_bytes(&Engine::default(), b"\0asm\x01\0\0\0".to_vec())?;
    /// assert_eq!(module.binary().len(), 8);
    /// # Ok::<(), terrane::Error>(())
    /// ```
    pub fn from_bytes(engine: &Engine, binary: impl Into<Bytes>) -> Result<Self> {
        Self::compile(engine, binary.into())
    }

    /// A module from the binary format.
    ///
    /// # Errors
    /// As for [`new`](Self::new), but for text.
    pub fn from_binary(engine: &Engine, binary: &[u8]) -> Result<Self> {
        Self::compile(engine, Bytes::copy_from_slice(binary))
    }

    fn compile(engine: &Engine, bytes: Bytes) -> Result<Self> {
        let Compiled { syntax, types, ty, code, bodies } = compile::compile(engine, bytes)?;
        let (exports, names) = (OnceLock::new(), OnceLock::new());
        Ok(Self(Arc::new(Inner { engine: engine.clone(), syntax, types, ty, code, bodies, exports, names })))
    }

    /// Decodes and validates a module, function bodies included, without compiling it.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn validate(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<()> {
        let bytes = bytes.as_ref();
        compile::validate(engine, text::to_binary(bytes, None)?.as_deref().unwrap_or(bytes))
    }

    /// The engine it was made with.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Its name, if it has a name section that gives one.
    pub fn name(&self) -> Option<&str> {
        self.0.names.get_or_init(|| NameIndex::new(&self.0.syntax)).module.as_deref()
    }

    /// What it needs, in its order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> + '_ {
        let imports = self.0.syntax.imports.iter().zip(&self.0.ty.imports);
        imports.map(|(import, ty)| ImportType { import, ty: *ty, engine: &self.0.engine })
    }

    /// What it offers, in its order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> + '_ {
        let exports = self.0.syntax.exports.iter().zip(&self.0.ty.exports);
        exports.map(|(export, ty)| ExportType { export, ty: *ty, engine: &self.0.engine })
    }

    /// The type of the export of that name, if there is one.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let i = self.export_index(name)?;
        Some(ExternType::from_syntax(&self.0.engine, self.0.ty.exports[i]))
    }

    /// The contents of its custom sections of that name, in order.
    pub fn custom_sections<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m [u8]> + 'm {
        self.0.syntax.customs.iter().filter(move |custom| custom.name == name).map(|custom| &*custom.bytes)
    }

    /// Its abstract syntax, but for function bodies.
    pub fn syntax(&self) -> &Arc<terrane_syntax::Module> {
        &self.0.syntax
    }

    /// How many bytes its internal code takes so far: what has not been called yet takes none if it is compiled
    /// lazily.
    pub fn code_size(&self) -> usize {
        self.0.code.code_size()
    }

    pub(crate) fn types(&self) -> &Arc<syntax::ModuleTypes> {
        &self.0.types
    }

    pub(crate) fn import_types(&self) -> &[syntax::ExternType] {
        &self.0.ty.imports
    }

    pub(crate) fn code(&self) -> &Arc<Code> {
        &self.0.code
    }

    /// What tells modules apart as long as they are there.
    pub(crate) fn place(&self) -> usize {
        Arc::as_ptr(&self.0.syntax) as usize
    }

    /// # Panics
    /// If the module is of another engine.
    #[track_caller]
    pub(crate) fn check_engine(&self, engine: &Engine) {
        assert!(Engine::same(&self.0.engine, engine), "a module of another engine");
    }

    /// The position of the export of that name.
    pub(crate) fn export_index(&self, name: &str) -> Option<usize> {
        let index = self.0.exports.get_or_init(|| {
            self.0
                .syntax
                .exports
                .iter()
                .enumerate()
                .map(|(i, export)| (export.name.as_str().into(), i))
                .collect()
        });
        index.get(name).copied()
    }

    /// The name of the function at that index, imports counted.
    pub(crate) fn func_name(&self, func: u32) -> Option<&str> {
        self.0.names.get_or_init(|| NameIndex::new(&self.0.syntax)).func(&self.0.syntax, func)
    }

    /// Where the body of the function at that index begins, if the module defines it.
    pub(crate) fn body_offset(&self, func: u32) -> Option<usize> {
        let imported = self.0.syntax.import_counts().funcs;
        Some(self.0.syntax.funcs.get((func as usize).checked_sub(imported)?)?.body.start)
    }

    /// Its bytes in the binary format.
    pub fn binary(&self) -> &[u8] {
        self.0.bodies.bytes()
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).finish_non_exhaustive()
    }
}
