//! Objects by value: structures whose fields are those of a class.

use crate::AsError;
use crate::guest::Guest;
use crate::slot::Kind;
use crate::value::{AsType, Lift, Lower};
use terrane::{Extern, Result};

/// How the class of a record is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordClass {
    /// It has this id, in this one build of the module.
    Id(u32),
    /// Its id is in an exported global of that name, or was said by
    /// [`AsInstanceBuilder::class_id`](crate::AsInstanceBuilder::class_id).
    Global(&'static str),
}

/// A structure whose fields are those of a class, so that objects of the class cross by value: `#[derive(AsRecord)]`
/// implements it.
///
/// Fields are listed as in the class, in the same order and with types that [sit in memory](AsType) in the same way; their
/// names do not matter. A base class comes first, as a field with `#[as_record(base)]`. Objects in fields are read, or made,
/// as well; a field of type [`Managed`](crate::Managed) is a handle instead. A class that refers to itself is an
/// `Option<Box<Self>>`.
///
/// To make an object, its class id is needed. It is in an exported global that is named as the structure, as it is for
/// exported classes up to 0.19; or else it is said:
///
/// - `#[as_record(class = "POINT")]`: the name of the global, exported by `export const POINT = idof<Point>()`.
/// - `#[as_record(id = 5)]`: the number itself, which is for one build of a module, and is what
///   generated bindings say.
///
/// No constructor runs.
///
/// ```
/// # use terrane::{Engine, Linker, Module, Store};
/// # use terrane_assemblyscript::{AsCtx, AsInstance};
/// use terrane_assemblyscript::AsRecord;
///
/// #[derive(AsRecord, Debug, PartialEq)]
/// #[as_record(class = "POINT")]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// #[derive(AsRecord, Debug, PartialEq)]
/// #[as_record(class = "SHAPE")]
/// struct Shape {
///     #[as_record(base)]
///     at: Point,
///     visible: bool,
///     name: String,
///     corners: Vec<Point>,
/// }
///
/// # let engine = Engine::default();
/// # let module = Module::from_file(&engine, "guests/tour.wasm")?;
/// # let mut linker = Linker::new(&engine);
/// # terrane_assemblyscript::add_to_linker(&mut linker, |ctx: &mut AsCtx| ctx)?;
/// # linker.define_unknown_imports_as_traps(&module)?;
/// # let mut store = Store::new(&engine, AsCtx::default());
/// # let instance = AsInstance::instantiate(&mut store, &linker, &module)?;
/// let mut shape: Shape = instance.call(&mut store, "square", ("box", 1.0, 2.0, 3.0))?;
/// assert_eq!(shape.name, "box");
/// assert_eq!(shape.corners[2], Point { x: 4.0, y: 5.0 });
/// shape.corners[2].x = 5.0;
/// assert_eq!(instance.call::<_, f64>(&mut store, "area", &shape)?, 12.0);
/// # Ok::<(), terrane::Error>(())
/// ```
pub trait AsRecord: AsType + Sized {
    /// How its class is found.
    const CLASS: RecordClass;

    /// Its name, for errors.
    const NAME: &'static str;

    /// Where the fields end that begin at `at`.
    fn end(at: u32) -> u32;

    /// Reads the fields.
    ///
    /// # Errors
    /// If one is no value of its type.
    fn read_fields(fields: &mut RecordFields<'_, '_>) -> Result<Self>;

    /// Writes the fields.
    ///
    /// # Errors
    /// If the guest cannot hold one.
    fn write_fields(&self, fields: &mut RecordFields<'_, '_>) -> Result<()>;
}

/// The fields of an object, one after the other.
pub struct RecordFields<'f, 'g> {
    guest: &'f mut Guest<'g>,
    /// The object, and where in it the next field may begin.
    pointer: u32,
    at: u32,
}

impl RecordFields<'_, '_> {
    /// Reads the next field.
    ///
    /// # Errors
    /// If it is no value of that type.
    pub fn take<T: Lift>(&mut self) -> Result<T> {
        let at = self.next::<T>();
        self.guest.take(self.pointer + at)
    }

    /// Writes the next field.
    ///
    /// # Errors
    /// If the guest cannot hold it.
    pub fn put<T: Lower>(&mut self, value: &T) -> Result<()> {
        let at = self.next::<T>();
        self.guest.put(self.pointer + at, value)
    }

    fn next<T: AsType>(&mut self) -> u32 {
        self.at = end_of::<T>(self.at);
        self.at - u32::from(T::SLOT.size)
    }
}

/// Where a field ends that comes next after `at`: it is aligned to its size.
#[doc(hidden)]
pub fn end_of<T: AsType>(at: u32) -> u32 {
    let size = u32::from(T::SLOT.size);
    at.next_multiple_of(size) + size
}

/// The object at an address, by value.
///
/// # Errors
/// If there is no object of such fields.
#[doc(hidden)]
pub fn lift_record<R: AsRecord>(guest: &mut Guest<'_>, word: u64) -> Result<R> {
    let pointer = word as u32;
    let expected = || format!("an object like `{}`", R::NAME);
    if pointer == 0 {
        return Err(AsError::Null { expected: expected() }.into());
    }
    let header = guest.header(pointer)?;
    let layout = guest.shared.layout;
    let info = guest.class_info(header.id)?;
    let is_plain = header.id != layout.string
        && header.id != layout.array_buffer
        && info.is_none_or(|info| info.kind == Kind::Plain);
    // Up to 0.22, derived classes can be told from others.
    let is_derived = match guest.record_class(R::CLASS)? {
        Some(id) if layout.rtti_entry == 8 && info.is_some() => guest.bases(pointer)?.contains(&id),
        _ => true,
    };
    if !is_plain || !is_derived {
        return Err(guest.wrong_class(expected(), pointer, header.id).into());
    }
    let end = R::end(0);
    if header.size < end {
        let reason = format!("its fields take {} bytes, those of `{}` take {end}", header.size, R::NAME);
        return Err(AsError::Broken { pointer, reason }.into());
    }
    guest.inside(header.size as usize, |guest| R::read_fields(&mut RecordFields { guest, pointer, at: 0 }))
}

/// An object of these fields, kept.
///
/// # Errors
/// If its class is not known, or the guest cannot hold it.
#[doc(hidden)]
pub fn lower_record<R: AsRecord>(record: &R, guest: &mut Guest<'_>) -> Result<u64> {
    let id = guest.record_class(R::CLASS)?.ok_or_else(|| AsError::NoClass {
        what: format!("`{}`", R::NAME),
        hint: "export its id, `idof<…>()`, as a global, and name that by #[as_record(class = \"…\")]",
    })?;
    let pointer = guest.alloc(R::end(0) as usize, id)?;
    record.write_fields(&mut RecordFields { guest, pointer, at: 0 })?;
    Ok(pointer.into())
}

impl Guest<'_> {
    /// The class id of a record, if it is known.
    fn record_class(&mut self, class: RecordClass) -> Result<Option<u32>> {
        let name = match class {
            RecordClass::Id(id) => return Ok(Some(id)),
            RecordClass::Global(name) => name,
        };
        if let Some(id) = self.shared.state().ids.get(name) {
            return Ok(Some(*id));
        }
        let export = self.shared.instance.and_then(|instance| self.host.export(&instance, name));
        let Some(Extern::Global(global)) = export else { return Ok(None) };
        let id = self.host.global(&global).i32().map(i32::cast_unsigned);
        if let Some(id) = id {
            self.shared.state().ids.insert(name.to_owned(), id);
        }
        Ok(id)
    }
}
