//! Structures whose fields are those of a class.

use crate::args::Args;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Result};

pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    let args = Args::new(&item.attrs, "as_record", &["class", "id", "crate"])?;
    let fields = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            other => return Err(Error::new(other.span(), "expected fields with names, as those of a class")),
        },
        _ => {
            return Err(Error::new_spanned(
                &item.ident,
                "expected a structure: for enumerations there is `AsEnum`",
            ));
        }
    };
    if !item.generics.params.is_empty() {
        let message =
            "expected a structure without type parameters: the fields of a class are all of known size";
        return Err(Error::new_spanned(&item.generics, message));
    }
    let krate = &args.krate;
    let name = &item.ident;
    let class = match (&args.id, &args.class) {
        (Some(id), None) => quote!(Id(#id)),
        (None, Some(class)) => quote!(Global(#class)),
        (None, None) => {
            let class = name.to_string();
            quote!(Global(#class))
        }
        (Some(id), Some(_)) => return Err(Error::new_spanned(id, "expected either `class` or `id`")),
    };
    let steps = fields.iter().map(|field| step(krate, field)).collect::<Result<Vec<_>>>()?;
    let (ends, reads, writes) = split(steps);
    Ok(quote! {
        #[automatically_derived]
        impl #krate::AsType for #name {
            const SLOT: #krate::Slot = #krate::Slot::OBJECT;
        }

        #[automatically_derived]
        impl #krate::AsRecord for #name {
            const CLASS: #krate::RecordClass = #krate::RecordClass::#class;
            const NAME: &'static str = stringify!(#name);

            fn end(at: u32) -> u32 {
                #(#ends)*
                at
            }

            fn read_fields(fields: &mut #krate::RecordFields<'_, '_>) -> #krate::__private::Result<Self> {
                Ok(Self { #(#reads),* })
            }

            fn write_fields(&self, fields: &mut #krate::RecordFields<'_, '_>) -> #krate::__private::Result<()> {
                #(#writes)*
                Ok(())
            }
        }

        #[automatically_derived]
        impl #krate::Lift for #name {
            fn lift(guest: &mut #krate::Guest<'_>, word: u64) -> #krate::__private::Result<Self> {
                #krate::__private::lift_record(guest, word)
            }
        }

        #[automatically_derived]
        impl #krate::Lower for #name {
            fn lower(&self, guest: &mut #krate::Guest<'_>) -> #krate::__private::Result<u64> {
                #krate::__private::lower_record(self, guest)
            }
        }
    })
}

/// Where a field ends, how it is read, how it is written.
type Step = (TokenStream, TokenStream, TokenStream);

fn step(krate: &syn::Path, field: &Field) -> Result<Step> {
    let args = Args::new(&field.attrs, "as_record", &["base"])?;
    let (name, ty) = (&field.ident, &field.ty);
    let span = ty.span();
    Ok(if args.base {
        (
            quote_spanned!(span=> let at = <#ty as #krate::AsRecord>::end(at);),
            quote_spanned!(span=> #name: <#ty as #krate::AsRecord>::read_fields(fields)?),
            quote_spanned!(span=> #krate::AsRecord::write_fields(&self.#name, fields)?;),
        )
    } else {
        (
            quote_spanned!(span=> let at = #krate::__private::end_of::<#ty>(at);),
            quote_spanned!(span=> #name: fields.take()?),
            quote_spanned!(span=> fields.put(&self.#name)?;),
        )
    })
}

fn split(steps: Vec<Step>) -> (Vec<TokenStream>, Vec<TokenStream>, Vec<TokenStream>) {
    let (mut ends, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for (end, read, write) in steps {
        ends.push(end);
        reads.push(read);
        writes.push(write);
    }
    (ends, reads, writes)
}
