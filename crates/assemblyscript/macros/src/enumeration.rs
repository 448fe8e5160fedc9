//! Enumerations, which are numbers.

use crate::args::Args;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Result};

pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    let Args { krate, .. } = Args::new(&item.attrs, "as_enum", &["crate"])?;
    let Data::Enum(data) = &item.data else {
        return Err(Error::new_spanned(&item.ident, "expected an enumeration"));
    };
    if let Some(variant) = data.variants.iter().find(|variant| !variant.fields.is_empty()) {
        return Err(Error::new_spanned(variant, "expected a variant without fields: it is a number"));
    }
    let name = &item.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    Ok(quote! {
        #[automatically_derived]
        impl #krate::AsType for #name {
            const SLOT: #krate::Slot = #krate::Slot::signed(4);
        }

        #[automatically_derived]
        impl #krate::Lift for #name {
            fn lift(_: &mut #krate::Guest<'_>, word: u64) -> #krate::__private::Result<Self> {
                match word as u32 as i32 {
                    #(word if word == Self::#variants as i32 => Ok(Self::#variants),)*
                    word => Err(#krate::AsError::NoVariant {
                        number: word.into(),
                        expected: stringify!(#name),
                    }.into()),
                }
            }
        }

        #[automatically_derived]
        impl #krate::Lower for #name {
            fn lower(&self, _: &mut #krate::Guest<'_>) -> #krate::__private::Result<u64> {
                Ok(match self {
                    #(Self::#variants => Self::#variants as i32 as u32 as u64,)*
                })
            }
        }
    })
}
