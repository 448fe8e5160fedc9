//! What the parameters of functions are.

use crate::args::take_memory;
use quote::ToTokens;
use syn::{
    Attribute, Error, GenericArgument, LitInt, Pat, PatType, Path, PathArguments, PathSegment, Result, Type,
    TypeReference,
};

/// A parameter of a function.
pub(crate) struct Param {
    /// Its name, for messages.
    pub(crate) name: String,
    /// Its type, as written.
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

/// What a parameter is.
pub(crate) enum Kind {
    /// One number or reference.
    Value,
    /// Whoever called, behind the reference that is written, for stores of that data.
    Caller { reference: Option<TypeReference>, data: Type },
    /// What lies in a memory of the guest, at a pointer, with a length.
    Memory { what: Content, is_option: bool, memory: Option<LitInt> },
}

/// What lies in memory.
pub(crate) enum Content {
    /// `&str`
    Str,
    /// `String`
    String,
    /// `&[u8]`
    Bytes,
    /// `&mut [u8]`
    BytesMut,
    /// `&[T]`
    Slice(Type),
    /// `Vec<T>`
    Vec(Type),
}

impl Param {
    /// Looks at a parameter, and takes our attributes from it.
    pub(crate) fn new(param: &mut PatType) -> Result<Self> {
        let name = match &*param.pat {
            Pat::Ident(pat) => pat.ident.to_string(),
            pat => pat.to_token_stream().to_string(),
        };
        let ty = (*param.ty).clone();
        let index = take_memory(&mut param.attrs)?;
        if let Some(attr) = param.attrs.iter().find(|attr| !is_inert(attr)) {
            return Err(Error::new_spanned(attr, "expected `#[memory(…)]`"));
        }
        let mut kind = kind(&ty)?;
        match (&mut kind, index) {
            (Kind::Memory { memory, .. }, index) => *memory = index,
            (_, Some(index)) => {
                let message =
                    "this parameter is not in a memory: expected a `&str`, `String`, slice or `Vec`";
                return Err(Error::new_spanned(index, message));
            }
            (_, None) => {}
        }
        Ok(Self { name, ty, kind })
    }

    /// How many parameters of the guest it is.
    pub(crate) fn count(&self) -> usize {
        match self.kind {
            Kind::Value => 1,
            Kind::Caller { .. } => 0,
            Kind::Memory { .. } => 2,
        }
    }
}

fn kind(ty: &Type) -> Result<Kind> {
    if let Some(data) = caller(ty)? {
        return Ok(Kind::Caller { reference: None, data });
    }
    if let Type::Reference(reference) = ty
        && let Some(data) = caller(&reference.elem)?
    {
        return Ok(Kind::Caller { reference: Some(reference.clone()), data });
    }
    let inner = option(ty);
    match content(inner.unwrap_or(ty))? {
        Some(what) => Ok(Kind::Memory { what, is_option: inner.is_some(), memory: None }),
        None => Ok(Kind::Value),
    }
}

/// The data of the store, if the type is `Caller<'_, T>`.
fn caller(ty: &Type) -> Result<Option<Type>> {
    let Some(segment) = last_segment(ty).filter(|segment| segment.ident == "Caller") else { return Ok(None) };
    match type_args(segment).next() {
        Some(data) => Ok(Some(data.clone())),
        None => Err(Error::new_spanned(ty, "expected `Caller<'_, T>`, where `T` is the data of the store")),
    }
}

/// What in memory the type stands for, if it does.
fn content(ty: &Type) -> Result<Option<Content>> {
    if let Some(segment) = last_segment(ty) {
        return Ok(match type_args(segment).next() {
            None if segment.ident == "String" => Some(Content::String),
            Some(element) if segment.ident == "Vec" => Some(Content::Vec(element.clone())),
            _ => None,
        });
    }
    let Type::Reference(reference) = ty else { return Ok(None) };
    match (&*reference.elem, reference.mutability) {
        (Type::Slice(slice), None) if is(&slice.elem, "u8") => Ok(Some(Content::Bytes)),
        (Type::Slice(slice), None) => Ok(Some(Content::Slice((*slice.elem).clone()))),
        (Type::Slice(slice), Some(_)) if is(&slice.elem, "u8") => Ok(Some(Content::BytesMut)),
        (Type::Slice(_), Some(_)) => {
            let message = "only bytes can be changed in place, as a guest's memory is not aligned: expected \
                           `&mut [u8]`";
            Err(Error::new_spanned(ty, message))
        }
        (elem, None) if is(elem, "str") => Ok(Some(Content::Str)),
        (elem, Some(_)) if is(elem, "str") => {
            Err(Error::new_spanned(ty, "a guest's string cannot be changed in place: expected `&mut [u8]`"))
        }
        _ => {
            let message = "a guest has no references to the host's values: expected a number, `&str`, a slice, a \
                           reference of a guest such as `Rooted<ExternRef>`, or `Caller`";
            Err(Error::new_spanned(ty, message))
        }
    }
}

/// The type that may be missing, if it is `Option<T>`.
fn option(ty: &Type) -> Option<&Type> {
    last_segment(ty).filter(|segment| segment.ident == "Option").and_then(|segment| type_args(segment).next())
}

fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn type_args(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let args = match &segment.arguments {
        PathArguments::AngleBracketed(args) => Some(&args.args),
        _ => None,
    };
    args.into_iter().flatten().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// May the attribute stay on a parameter?
fn is_inert(attr: &Attribute) -> bool {
    let keeps = |path: &Path| {
        ["allow", "warn", "expect", "deny", "forbid", "cfg_attr"].iter().any(|name| path.is_ident(name))
    };
    keeps(attr.path())
}
