//! The attribute macro of Terrane's host API. It is documented, and to be used, as `terrane::host_module`.

mod args;
mod expand;
mod function;
mod param;

use proc_macro::TokenStream;
use syn::parse_macro_input;

#[allow(missing_docs, reason = "where it is re-exported, as the examples need what is there")]
#[proc_macro_attribute]
pub fn host_module(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as args::Args);
    let item = parse_macro_input!(item as syn::ItemImpl);
    expand::expand(args, item).into()
}
