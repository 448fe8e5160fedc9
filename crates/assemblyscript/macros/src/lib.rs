//! The derive macros of Terrane's host for AssemblyScript guests. They are documented, and to be used, as
//! `terrane_assemblyscript::AsRecord` and `terrane_assemblyscript::AsEnum`.

mod args;
mod enumeration;
mod record;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

#[allow(missing_docs, reason = "where it is re-exported, as the examples need what is there")]
#[proc_macro_derive(AsRecord, attributes(as_record))]
pub fn as_record(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    record::expand(&item).unwrap_or_else(Error::into_compile_error).into()
}

#[allow(missing_docs, reason = "where it is re-exported, as the examples need what is there")]
#[proc_macro_derive(AsEnum, attributes(as_enum))]
pub fn as_enum(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    enumeration::expand(&item).unwrap_or_else(Error::into_compile_error).into()
}
