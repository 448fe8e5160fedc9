//! What is said in attributes.

use syn::{Attribute, LitInt, LitStr, Path, Result, parse_quote};

/// `#[as_record(class = "…", id = …, base, crate = …)]`.
pub(crate) struct Args {
    pub class: Option<LitStr>,
    pub id: Option<LitInt>,
    pub base: bool,
    pub krate: Path,
}

impl Args {
    /// Those of the attributes of that name.
    pub(crate) fn new(attributes: &[Attribute], name: &str, allowed: &[&str]) -> Result<Self> {
        let mut args =
            Self { class: None, id: None, base: false, krate: parse_quote!(::terrane_assemblyscript) };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
            attribute.parse_nested_meta(|meta| {
                let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                if !allowed.contains(&key.as_str()) {
                    let allowed: Vec<String> = allowed.iter().map(|name| format!("`{name}`")).collect();
                    return Err(meta.error(format!("expected {}", allowed.join(" or "))));
                }
                match key.as_str() {
                    "class" => args.class = Some(meta.value()?.parse()?),
                    "id" => args.id = Some(meta.value()?.parse()?),
                    "base" => args.base = true,
                    _ => args.krate = meta.value()?.parse()?,
                }
                Ok(())
            })?;
        }
        Ok(args)
    }
}
