//! What the functions of an `impl` block are.

use crate::args::{take_memory, take_name};
use crate::param::{Content, Kind, Param};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, FnArg, GenericParam, Ident, ImplItemFn, LitInt, Receiver, ReceiverKind, Result,
    ReturnType, Safety, Signature, Token, Type, TypeParamBound,
};

/// A function of a module.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    /// Its name for guests.
    pub(crate) name: String,
    pub(crate) name_span: Span,
    /// When it is there at all.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) receiver: Option<Access>,
    pub(crate) params: Vec<Param>,
    pub(crate) output: Option<Type>,
    /// Of its memory parameters, those that do not say.
    pub(crate) memory: Option<LitInt>,
    /// For stores of which data it is, if it takes a caller.
    pub(crate) data: Option<Data>,
}

/// How a function has its module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Shared,
    Exclusive,
}

/// Data of stores.
pub(crate) enum Data {
    /// This type.
    Is(Box<Type>),
    /// Whatever has these bounds.
    Any(Punctuated<TypeParamBound, Token![+]>),
}

/// How many parameters a function of a guest can have.
const MOST: usize = 16;

impl Function {
    /// Looks at a function, and takes our attributes from it.
    pub(crate) fn new(item: &mut ImplItemFn) -> Result<Self> {
        let name = take_name(&mut item.attrs)?;
        let memory = take_memory(&mut item.attrs)?;
        let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
        let sig = &mut item.sig;
        let (receiver, params) = inputs(sig)?;
        refuse(sig, &params, memory.as_ref())?;
        let data = data(sig, &params)?;
        let output = match &sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some((**ty).clone()),
        };
        let (ident, asyncness) = (sig.ident.clone(), sig.asyncness);
        let (name, name_span) = match name {
            Some(name) => (name.value(), name.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        Ok(Self { ident, name, name_span, cfgs, asyncness, receiver, params, output, memory, data })
    }

    /// If it has its module while it waits: what says that it waits.
    pub(crate) fn keeps_module(&self) -> Option<Token![async]> {
        self.asyncness.filter(|_| self.receiver.is_some())
    }
}

fn inputs(sig: &mut Signature) -> Result<(Option<Access>, Vec<Param>)> {
    let (mut receiver, mut params) = (None, Vec::new());
    for input in &mut sig.inputs {
        match input {
            FnArg::Receiver(this) => receiver = Some(access(this)?),
            FnArg::Typed(param) => params.push(Param::new(param)?),
        }
    }
    Ok((receiver, params))
}

/// What no guest could call, or what means nothing.
fn refuse(sig: &Signature, params: &[Param], memory: Option<&LitInt>) -> Result<()> {
    if let Safety::Unsafe(token) = &sig.safety {
        let message = "guests call functions without a contract: it cannot be `unsafe`";
        return Err(Error::new_spanned(token, message));
    }
    if let Some(variadic) = &sig.variadic {
        return Err(Error::new_spanned(variadic, "guests give a fixed number of arguments"));
    }
    let mut count = 0;
    for param in params {
        count += param.count();
        if count > MOST {
            let message = format!(
                "guests give at most {MOST} arguments, of which strings, slices and vectors take two"
            );
            return Err(Error::new_spanned(&param.ty, message));
        }
    }
    let in_memory = params.iter().any(|param| matches!(param.kind, Kind::Memory { .. }));
    match memory {
        Some(index) if !in_memory => {
            Err(Error::new_spanned(index, "no parameter of this function is in a memory"))
        }
        _ => Ok(()),
    }
}

fn access(receiver: &Receiver) -> Result<Access> {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => Ok(Access::Shared),
        ReceiverKind::Reference(_, _, Some(_)) => Ok(Access::Exclusive),
        _ => Err(Error::new_spanned(
            receiver,
            "expected `&self` or `&mut self`: guests call a function again and again",
        )),
    }
}

/// The data of the stores that a function is for.
fn data(sig: &Signature, params: &[Param]) -> Result<Option<Data>> {
    let mut callers = params.iter().filter_map(|param| match &param.kind {
        Kind::Caller { data, .. } => Some((param, data)),
        _ => None,
    });
    let caller = callers.next();
    if let Some((param, _)) = callers.next() {
        return Err(Error::new_spanned(&param.ty, "a function has one caller"));
    }
    let mut generics = sig.generics.params.iter().filter(|param| !matches!(param, GenericParam::Lifetime(_)));
    let generic = generics.next();
    let of_caller = match (generic, caller) {
        (Some(GenericParam::Type(ty)), Some((_, Type::Path(path)))) if path.path.is_ident(&ty.ident) => {
            Some(ty)
        }
        _ => None,
    };
    if let Some(param) = generics.next().or(generic.filter(|_| of_caller.is_none())) {
        let message = "guests know no type variables, but one for the data of the store: `Caller<'_, T>`";
        return Err(Error::new_spanned(param, message));
    }
    if let Some(clause) = &sig.generics.where_clause {
        return Err(Error::new_spanned(clause, "expected bounds where the type variable is declared"));
    }
    let Some((_, data)) = caller else { return Ok(None) };
    refuse_mut(params)?;
    Ok(Some(match (data, of_caller) {
        (_, Some(ty)) => Data::Any(ty.bounds.clone()),
        (Type::ImplTrait(ty), None) => Data::Any(ty.bounds.clone()),
        (data, None) => Data::Is(Box::new(data.clone())),
    }))
}

/// A caller leads to the store, and so to its memories: bytes that are borrowed to be changed exclude it.
fn refuse_mut(params: &[Param]) -> Result<()> {
    for param in params {
        if let Kind::Memory { what: Content::BytesMut, .. } = param.kind {
            let message = "`&mut [u8]` borrows the memory that `Caller` leads to: take one of the two";
            return Err(Error::new_spanned(&param.ty, message));
        }
    }
    Ok(())
}
