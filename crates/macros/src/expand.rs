//! The code that a block becomes.

use crate::args::Args;
use crate::function::{Access, Data, Function};
use crate::param::{Content, Kind, Param};
use heck::ToSnakeCase;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::HashSet;
use syn::spanned::Spanned;
use syn::{Error, ImplItem, ItemImpl, LitInt, Path, Result, Type};

/// The block, and beside it the implementation of `HostModule`, or else the errors.
pub(crate) fn expand(args: Args, mut item: ItemImpl) -> TokenStream {
    let implementation = implement(&args, &mut item).unwrap_or_else(Error::into_compile_error);
    quote! {
        #item
        #implementation
    }
}

fn implement(args: &Args, item: &mut ItemImpl) -> Result<TokenStream> {
    if let Some((path, _)) = &item.trait_ {
        return Err(Error::new_spanned(path, "expected an `impl` block without a trait"));
    }
    let functions = functions(item)?;
    let krate = &args.krate;
    let ty = &item.self_ty;
    let name = match &args.name {
        Some(name) => name.value(),
        None => default_name(ty)?,
    };
    let exclusive = is_exclusive(&functions)?;
    let (handle, check) = handle(krate, ty, exclusive);
    let (data, bounds) = data_type(&functions)?;
    let mut generics = item.generics.clone();
    if let Some(bounds) = bounds {
        generics.params.push(syn::parse_quote!(#data: 'static #bounds));
    }
    let (impl_generics, _, _) = generics.split_for_impl();
    let where_clause = &item.generics.where_clause;
    let entries = functions.iter().map(|function| entry(krate, &data, exclusive, function));
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::HostModule<#data> for #ty #where_clause {
            type Handle = #handle;

            fn name(&self) -> &str {
                #name
            }

            #[allow(unused_variables, unused_mut, clippy::all)]
            fn functions(__module: &#handle) -> #krate::HostItems<#krate::HostFunction<#data>> {
                #check
                let mut __items = #krate::HostItems::new();
                #(#entries)*
                __items
            }
        }
    })
}

/// Does a function change the module? Then none can wait with it.
fn is_exclusive(functions: &[Function]) -> Result<bool> {
    let exclusive = functions.iter().any(|function| function.receiver == Some(Access::Exclusive));
    match functions.iter().find_map(Function::keeps_module) {
        Some(token) if exclusive => {
            let message = "a function that waits keeps its module, which others of this module would change: \
                           expected `&self` in all of them";
            Err(Error::new_spanned(token, message))
        }
        _ => Ok(exclusive),
    }
}

/// What functions have the module by, and what has the compiler say of a type that it cannot be.
fn handle(krate: &Path, ty: &Type, exclusive: bool) -> (TokenStream, TokenStream) {
    let span = ty.span();
    if exclusive {
        (quote!(#krate::HostCell<Self>), quote_spanned!(span=> #krate::__private::sent::<Self>();))
    } else {
        (quote!(::std::sync::Arc<Self>), quote_spanned!(span=> #krate::__private::shared::<Self>();))
    }
}

/// The functions of the block, or all that is wrong with them.
fn functions(item: &mut ItemImpl) -> Result<Vec<Function>> {
    let (mut functions, mut errors) = (Vec::<Function>::new(), None::<Error>);
    let mut names = HashSet::new();
    for item in &mut item.items {
        let ImplItem::Fn(item) = item else { continue };
        let function = Function::new(item).and_then(|function| {
            // With conditions there may be several, of which one is there.
            let is_new = names.insert(function.name.clone()) || !function.cfgs.is_empty();
            let message = format!("the module has a function named `{}` already", function.name);
            if is_new { Ok(function) } else { Err(Error::new(function.name_span, message)) }
        });
        match (function, &mut errors) {
            (Ok(function), _) => functions.push(function),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(functions), Err)
}

/// The type's name as that of a module.
fn default_name(ty: &Type) -> Result<String> {
    let segment = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let no_name = || Error::new_spanned(ty, "this type has no name: expected `#[host_module(name = \"…\")]`");
    Ok(segment.ok_or_else(no_name)?.ident.to_string().to_snake_case())
}

/// The type of the store's data; and if that is any type, the bounds that it must have.
fn data_type(functions: &[Function]) -> Result<(TokenStream, Option<TokenStream>)> {
    let is_async = functions.iter().any(|function| function.asyncness.is_some());
    let mut bounds = if is_async { vec![quote!(::std::marker::Send)] } else { Vec::new() };
    let mut found = None::<&Type>;
    for data in functions.iter().filter_map(|function| function.data.as_ref()) {
        match (data, found) {
            (Data::Any(more), _) => bounds.extend(more.iter().map(ToTokens::to_token_stream)),
            (Data::Is(ty), Some(first)) if text(ty) != text(first) => {
                let message =
                    format!("another function of this module is for stores of data `{}`", text(first));
                return Err(Error::new_spanned(ty, message));
            }
            (Data::Is(ty), _) => found = Some(ty),
        }
    }
    match found {
        Some(ty) => Ok((quote!(#ty), None)),
        None => {
            Ok((Ident::new("__Data", Span::mixed_site()).into_token_stream(), Some(quote!(#(+ #bounds)*))))
        }
    }
}

fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

/// What adds a function to the module's.
fn entry(krate: &Path, data: &TokenStream, exclusive: bool, function: &Function) -> TokenStream {
    let Function { name, cfgs, params, output, receiver, .. } = function;
    let checks = params.iter().map(|param| check(krate, param));
    let output = output.clone().unwrap_or_else(|| syn::parse_quote!(()));
    let check_output = quote_spanned!(output.span()=> #krate::__private::result::<#output>(););
    let (names, types): (Vec<_>, Vec<_>) =
        params.iter().enumerate().flat_map(|(i, param)| inputs(i, param)).unzip();
    let lets = views(krate, function);
    let call = call(exclusive, function);
    let clone = receiver.map(|_| quote!(let __module = ::std::clone::Clone::clone(__module);));
    // For each call, as its future outlives the borrow of the closure.
    let clone_again = receiver.map(|_| quote!(let __module = ::std::clone::Clone::clone(&__module);));
    let closure = match function.asyncness {
        None => quote! {
            wrap(move |mut __caller: #krate::Caller<'_, #data>, #(#names: #types),*| -> #krate::Result<#output> {
                #lets
                #call
            })
        },
        Some(_) => quote! {
            wrap_async(move |mut __caller: #krate::Caller<'_, #data>, (#(#names,)*): (#(#types,)*)| {
                #clone_again
                ::std::boxed::Box::new(async move {
                    let __result: #krate::Result<#output> = {
                        #lets
                        #call
                    };
                    __result
                })
            })
        },
    };
    quote! {
        #(#cfgs)*
        {
            #(#checks)*
            #check_output
            #clone
            __items.insert(#name, #krate::HostFunction::#closure);
        }
    }
}

/// Has the compiler say of a type that cannot be a parameter where it stands.
fn check(krate: &Path, param: &Param) -> TokenStream {
    match &param.kind {
        Kind::Value => {
            let ty = &param.ty;
            quote_spanned!(ty.span()=> #krate::__private::param::<#ty>();)
        }
        Kind::Memory { what: Content::Slice(ty) | Content::Vec(ty), .. } => {
            quote_spanned!(ty.span()=> #krate::__private::element::<#ty>();)
        }
        _ => TokenStream::new(),
    }
}

/// What guests give for a parameter: names and types.
fn inputs(i: usize, param: &Param) -> Vec<(Ident, TokenStream)> {
    match &param.kind {
        Kind::Value => vec![(arg(i), param.ty.to_token_stream())],
        Kind::Caller { .. } => Vec::new(),
        Kind::Memory { .. } => vec![(arg(i), quote!(u32)), (len(i), quote!(u32))],
    }
}

fn len(i: usize) -> Ident {
    format_ident!("__len_{i}")
}

fn arg(i: usize) -> Ident {
    format_ident!("__arg_{i}")
}

/// Gets at what lies in memory.
fn views(krate: &Path, function: &Function) -> TokenStream {
    let places = function.params.iter().enumerate().filter_map(|(i, param)| match &param.kind {
        Kind::Memory { what, is_option, memory } => {
            let memory = memory.as_ref().or(function.memory.as_ref());
            Some((
                arg(i),
                place(krate, i, param, what, *is_option, memory),
                content(what, *is_option, arg(i)),
            ))
        }
        _ => None,
    });
    let (args, rest): (Vec<_>, Vec<_>) = places.map(|(arg, place, content)| (arg, (place, content))).unzip();
    let (places, contents): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
    if args.is_empty() {
        return TokenStream::new();
    }
    // A caller leads to the store whose memories are borrowed otherwise.
    let views = match function.data {
        Some(_) => quote!(copies),
        None => quote!(views),
    };
    quote! {
        let [#(mut #args),*] = #krate::__private::#views(&mut __caller, [#(#places),*])?;
        #(let #args = #contents;)*
    }
}

fn place(
    krate: &Path,
    i: usize,
    param: &Param,
    what: &Content,
    is_option: bool,
    memory: Option<&LitInt>,
) -> TokenStream {
    let (value, len, name) = (arg(i), len(i), &param.name);
    let size = match what {
        Content::Slice(ty) | Content::Vec(ty) => quote!(::std::mem::size_of::<#ty>()),
        _ => quote!(1),
    };
    let memory = memory.map_or_else(|| quote!(0), ToTokens::to_token_stream);
    let is_mut = matches!(what, Content::BytesMut);
    quote! {
        #krate::__private::Place {
            name: #name,
            memory: #memory,
            at: #value,
            len: #len,
            size: #size,
            is_mut: #is_mut,
            is_option: #is_option,
        }
    }
}

/// What the function is given of what lies in memory.
fn content(what: &Content, is_option: bool, view: Ident) -> TokenStream {
    let (method, is_fallible) = match what {
        Content::Str => (quote!(str()), true),
        Content::String => (quote!(string()), true),
        Content::Bytes => (quote!(bytes()), false),
        Content::BytesMut => (quote!(bytes_mut()), false),
        Content::Slice(ty) | Content::Vec(ty) => (quote!(elements::<#ty>()), false),
    };
    match (is_option, is_fallible) {
        (false, false) => quote!(#view.#method),
        (false, true) => quote!(#view.#method?),
        (true, false) => quote!(#view.present().map(|view| view.#method)),
        (true, true) => quote!(#view.present().map(|view| view.#method).transpose()?),
    }
}

/// The call of the function itself.
fn call(exclusive: bool, function: &Function) -> TokenStream {
    let ident = &function.ident;
    let args = function.params.iter().enumerate().map(|(i, param)| {
        let arg = arg(i);
        match &param.kind {
            Kind::Caller { reference: Some(reference), .. } => {
                let mutability = reference.mutability;
                quote!(&#mutability __caller)
            }
            Kind::Caller { reference: None, .. } => quote!(__caller),
            Kind::Memory { what: Content::Slice(_), is_option: true, .. } => quote!(#arg.as_deref()),
            Kind::Memory { what: Content::Slice(_), is_option: false, .. } => quote!(&#arg),
            _ => quote!(#arg),
        }
    });
    let wait = function.asyncness.map(|_| quote!(.await));
    match (function.receiver, exclusive) {
        (None, _) => quote!(::std::result::Result::Ok(Self::#ident(#(#args),*)#wait)),
        (Some(_), false) => quote!(::std::result::Result::Ok(Self::#ident(&__module, #(#args),*)#wait)),
        (Some(Access::Shared), true) => quote!(__module.with(|this| Self::#ident(this, #(#args),*))),
        (Some(Access::Exclusive), true) => quote!(__module.with_mut(|this| Self::#ident(this, #(#args),*))),
    }
}
