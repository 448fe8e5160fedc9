//! What stands in the attributes.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Path, Result, Token};

/// `#[host_module(name = "…", crate = …)]`
pub(crate) struct Args {
    /// The module's name, if it is not that of its type.
    pub(crate) name: Option<LitStr>,
    /// Where the crate `terrane` is.
    pub(crate) krate: Path,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self { name: None, krate: syn::parse_quote!(::terrane) };
        while !input.is_empty() {
            if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                args.krate = input.parse()?;
            } else {
                let key: Ident = input.parse()?;
                if key != "name" {
                    return Err(Error::new(key.span(), format!("expected `name` or `crate`, found `{key}`")));
                }
                input.parse::<Token![=]>()?;
                args.name = Some(input.parse()?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}

/// Takes `#[name = "…"]` from the attributes of a function.
pub(crate) fn take_name(attrs: &mut Vec<Attribute>) -> Result<Option<LitStr>> {
    let mut name = None;
    for attr in take(attrs, "name") {
        let value = match attr.meta {
            Meta::NameValue(meta) => meta.value,
            meta => return Err(Error::new_spanned(meta, "expected `#[name = \"…\"]`")),
        };
        let Expr::Lit(ExprLit { lit: Lit::Str(value), .. }) = value else {
            return Err(Error::new_spanned(value, "expected a string: `#[name = \"…\"]`"));
        };
        name = Some(value);
    }
    Ok(name)
}

/// Takes `#[memory(1)]` from the attributes of a function or a parameter.
pub(crate) fn take_memory(attrs: &mut Vec<Attribute>) -> Result<Option<LitInt>> {
    let mut memory = None;
    for attr in take(attrs, "memory") {
        let index: LitInt = attr.parse_args().map_err(|error| {
            Error::new(error.span(), "expected the index of a memory of the guest: `#[memory(1)]`")
        })?;
        index.base10_parse::<u32>()?;
        memory = Some(index);
    }
    Ok(memory)
}

/// The attributes of that name, which are no longer among `attrs`.
fn take(attrs: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    attrs.extract_if(.., |attr| attr.path().is_ident(name)).collect()
}
