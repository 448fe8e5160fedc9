//! Exceptions.

use super::rooted::gc_refs;
use super::{Handle, OwnedRooted, Rooted};
use crate::store::StoreOpaque;
use crate::val::{read_vals, total_words, write_vals};
use crate::{
    AsContext, AsContextMut, Engine, Error, FieldType, FuncType, HeapType, Mutability, Result, Store,
    StoreContextMut, Tag, TagType, Val, ValType,
};
use terrane_runtime::{ExnInst, Ref, StoreId};

/// An exception: a tag, and values of the types that the tag says.
///
/// A function of the host throws one with [`Store::throw`], whose error it returns; guests can catch it. One that no
/// guest catches comes to the host as an error that is a [`ThrownException`].
///
/// ```
/// use terrane::{Engine, ExnRef, ExnRefPre, ExnType, Instance, Linker, Module, Store, Tag};
/// use terrane::{Caller, ThrownException, Val, ValType};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "oops" (tag $oops (param i32)))
///         (import "host" "fail" (func $fail (param i32)))
///         (func (export "caught") (param i32) (result i32)
///             (block $oops (result i32)
///                 (try_table (catch $oops $oops) (call $fail (local.get 0)))
///                 (i32.const 0)))
///         (func (export "uncaught") (throw $oops (i32.const 7))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let mut linker = Linker::new(&engine);
/// let ty = ExnType::new(&engine, [ValType::I32])?;
/// let oops = Tag::new(&mut store, &ty.tag_type())?;
/// linker.define(&store, "host", "oops", oops)?;
/// linker.func_wrap("host", "fail", move |mut caller: Caller<'_, ()>, x: i32| -> terrane::Result<()> {
///     let pre = ExnRefPre::new(&mut caller, ty.clone());
///     let exn = ExnRef::new(&mut caller, &pre, &oops, &[Val::I32(x)])?;
///     Ok(caller.as_context_mut().throw(exn)?)
/// })?;
/// # use terrane::AsContextMut;
/// let instance = linker.instantiate(&mut store, &module)?;
/// let caught = instance.get_typed_func::<i32, i32>(&mut store, "caught")?;
/// assert_eq!(caught.call(&mut store, 42)?, 42);
///
/// let uncaught = instance.get_typed_func::<(), ()>(&mut store, "uncaught")?;
/// let error = uncaught.call(&mut store, ()).unwrap_err();
/// let exn = error.downcast_ref::<ThrownException>().expect("an exception").exception();
/// assert_eq!(exn.tag(&mut store)?, oops);
/// assert_eq!(exn.field(&mut store, 0)?.unwrap_i32(), 7);
/// # Ok::<(), terrane::Error>(())
/// ```
///
/// [Spec](https://webassembly.github.io/spec/core/exec/runtime.html#exception-instances)
#[derive(Clone, Copy)]
pub struct ExnRef(Handle);

gc_refs!(ExnRef);

/// The type of an exception: of the values that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExnType(TagType);

/// Makes exceptions of one type in one store.
#[derive(Clone, Debug)]
pub struct ExnRefPre {
    store: StoreId,
    ty: ExnType,
}

/// The error that an exception is on its way through the host: thrown by a guest that nobody caught it in, or by
/// the host, with [`Store::throw`].
///
/// Returned from a function of the host, it goes on as an exception that guests can catch.
#[derive(Clone, Debug, thiserror::Error)]
#[error("uncaught exception")]
pub struct ThrownException {
    exn: OwnedRooted<ExnRef>,
}

impl ThrownException {
    /// The exception.
    pub fn exception(&self) -> &OwnedRooted<ExnRef> {
        &self.exn
    }
}

impl ExnType {
    /// The type of exceptions that carry values of these types.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): one of the types is of another engine.
    pub fn new(engine: &Engine, fields: impl IntoIterator<Item = ValType>) -> Result<Self> {
        let fields: Vec<ValType> = fields.into_iter().collect();
        if !fields.iter().all(|t| t.belongs_to(engine)) {
            return Err(Error::usage("an exception cannot carry values of another engine's types"));
        }
        Ok(Self(TagType::new(FuncType::new(engine, fields, []))))
    }

    /// The type of exceptions with a tag of type `ty`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): there are no such tags, for `ty` has results.
    pub fn from_tag_type(ty: &TagType) -> Result<Self> {
        if ty.ty().results().len() > 0 {
            return Err(Error::usage(format_args!("there can be no tag {}", ty.ty())));
        }
        Ok(Self(ty.clone()))
    }

    /// The type of tags that such exceptions can have.
    pub fn tag_type(&self) -> TagType {
        self.0.clone()
    }

    /// The types of the values that they carry, which are immutable.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = FieldType> + '_ {
        self.0.ty().params().map(|t| FieldType::new(Mutability::Const, t.into()))
    }

    /// The type of the value at index `i` of those that they carry, if there is one.
    pub fn field(&self, i: usize) -> Option<FieldType> {
        self.fields().nth(i)
    }

    /// Is this type `other`? There are no subtypes.
    ///
    /// # Panics
    /// If they are of different engines.
    pub fn matches(&self, other: &Self) -> bool {
        assert!(Engine::same(self.engine(), other.engine()), "types of different engines cannot be compared");
        self == other
    }

    /// The engine it was made with.
    pub fn engine(&self) -> &Engine {
        self.0.ty().engine()
    }
}

impl ExnRefPre {
    /// For exceptions of that type in that store.
    ///
    /// # Panics
    /// If the type is of another engine.
    pub fn new(mut store: impl AsContextMut, ty: ExnType) -> Self {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        assert!(Engine::same(ty.engine(), &store.engine), "an exception type of another engine");
        Self { store: store.id(), ty }
    }
}

impl ExnRef {
    /// A new exception with that tag, which carries these values.
    ///
    /// # Errors
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage): the tag's type is not that of `pre`, or the values are not of
    ///   its types.
    /// - [`GcHeapOutOfMemory<()>`](crate::GcHeapOutOfMemory): there is no room for it, even after a collection.
    ///
    /// # Panics
    /// If the tag or `pre` is of another store.
    pub fn new(
        mut store: impl AsContextMut,
        pre: &ExnRefPre,
        tag: &Tag,
        fields: &[Val],
    ) -> Result<Rooted<Self>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        store.check(pre.store);
        store.check(tag.store);
        let ty = pre.ty.0.ty();
        let found = store.runtime.tag(tag.addr).ty;
        if found != ty.info.def {
            let found = FuncType::from_def(&store.engine, found);
            return Err(Error::usage(format_args!("expected a tag {ty}, found one {found}")));
        }
        let params = &ty.syntax().params;
        let mut payload = vec![0; total_words(params)];
        write_vals(store, params, fields, &mut payload, "field")?;
        let raw = store.runtime.alloc_exn(tag.addr, &payload);
        let raw = raw.map_err(|trap| store.heap_full(trap, Some(size_of_val(&*payload))))?;
        Ok(Rooted::new(store, raw))
    }

    /// Its type.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn ty(&self, store: impl AsContext) -> Result<ExnType> {
        let store = store.as_context().opaque();
        let ty = store.runtime.tag(self.inst(store)?.tag()).ty;
        Ok(ExnType(TagType::new(FuncType::from_def(&store.engine, ty))))
    }

    /// Is its type `ty`, or a subtype of it: is that `exn`?
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn matches_ty(&self, store: impl AsContext, ty: &HeapType) -> Result<bool> {
        self.inst(store.as_context().opaque())?;
        Ok(ty.is_exn())
    }

    /// Its tag.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn tag(&self, store: impl AsContextMut) -> Result<Tag> {
        let store = store.as_context().opaque();
        Ok(Tag { store: store.id(), addr: self.inst(store)?.tag() })
    }

    /// The values that it carries.
    ///
    /// # Errors
    /// If its scope has ended, or it is of another store.
    pub fn fields(&self, mut store: impl AsContextMut) -> Result<impl ExactSizeIterator<Item = Val>> {
        let mut context = store.as_context_mut();
        let store = context.opaque_mut();
        let inst = self.inst(store)?;
        let payload = inst.payload().to_vec();
        let info = store.engine.type_info(store.runtime.tag(inst.tag()).ty);
        let params = &info.as_func().expect("a tag has a function type").params;
        let mut fields = Vec::with_capacity(params.len());
        // SAFETY: an exception carries values of its tag's parameters' types, of its store.
        unsafe { read_vals(store, params, &payload, |_, val| fields.push(val)) };
        Ok(fields.into_iter())
    }

    /// The value at `index` of those that it carries.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage): there is none at that index.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn field(&self, store: impl AsContextMut, index: usize) -> Result<Val> {
        let mut fields = self.fields(store)?;
        let len = fields.len();
        fields.nth(index).ok_or_else(|| {
            Error::usage(format_args!("there is no field {index} in an exception that carries {len} values"))
        })
    }

    fn inst<'a>(&self, store: &'a StoreOpaque) -> Result<&'a ExnInst> {
        let raw = self.0.raw(store)?;
        // SAFETY: made of an exception of that store.
        Ok(unsafe { store.runtime.exn(raw) }.expect("made of an exception"))
    }
}

impl StoreOpaque {
    /// The error that an exception is thrown, which is pending until it is caught or taken.
    fn throw(&mut self, raw: Ref) -> ThrownException {
        let exn: OwnedRooted<ExnRef> = OwnedRooted::new(self, raw);
        self.pending_exception = Some(exn.clone());
        ThrownException { exn }
    }

    /// The exception that an error is, if it is one of this store.
    pub(crate) fn thrown_by(&self, error: &Error) -> Option<Ref> {
        error.downcast_ref::<ThrownException>()?.exn.handle().raw(self).ok()
    }

    /// The error that a guest has thrown an exception, or has not caught one of the host's.
    pub(crate) fn uncaught(&mut self, raw: Ref) -> Error {
        let thrown = self.throw(raw);
        // One that comes through the host once more says how it began.
        let before = self.thrown.take().filter(|error| self.thrown_by(error) == Some(raw));
        before.unwrap_or_else(|| thrown.into())
    }
}

impl<T: 'static> Store<T> {
    /// Throws an exception: a function of the host that returns this error throws it to the guest that called it.
    ///
    /// # Errors
    /// Always: that is what it is for.
    ///
    /// # Panics
    /// If the exception is of another store, or the scope that kept it has ended.
    pub fn throw<R>(&mut self, exception: Rooted<ExnRef>) -> Result<R, ThrownException> {
        self.as_context_mut().throw(exception)
    }

    /// The exception that was thrown last, and has come to the host or is on its way: it is pending no more then. An
    /// error that it came with keeps it as well.
    pub fn take_pending_exception(&mut self) -> Option<Rooted<ExnRef>> {
        self.as_context_mut().take_pending_exception()
    }

    /// Is there an exception that [`take_pending_exception`](Self::take_pending_exception) would take?
    pub fn has_pending_exception(&self) -> bool {
        self.opaque().pending_exception.is_some()
    }
}

impl<T: 'static> StoreContextMut<'_, T> {
    /// See [`Store::throw`].
    ///
    /// # Errors
    /// Always: that is what it is for.
    ///
    /// # Panics
    /// If the exception is of another store, or the scope that kept it has ended.
    pub fn throw<R>(&mut self, exception: Rooted<ExnRef>) -> Result<R, ThrownException> {
        let store = self.opaque_mut();
        let raw = exception.handle().raw(store).unwrap_or_else(|error| panic!("{error}"));
        Err(store.throw(raw))
    }

    /// See [`Store::take_pending_exception`].
    pub fn take_pending_exception(&mut self) -> Option<Rooted<ExnRef>> {
        let exn = self.opaque_mut().pending_exception.take()?;
        Some(exn.to_rooted(self))
    }

    /// See [`Store::has_pending_exception`].
    pub fn has_pending_exception(&self) -> bool {
        self.opaque().pending_exception.is_some()
    }
}
