//! A module's exported functions, and what is said if one is asked for that is not among them.

use terrane::{ExternType, FuncType, Module};

/// So many exports are listed in a message.
const MOST_LISTED: usize = 20;

/// The type of the exported function of that name, or why there is none.
pub(crate) fn find(module: &Module, name: &str) -> Result<FuncType, String> {
    match module.get_export(name) {
        Some(ExternType::Func(ty)) => Ok(ty),
        Some(other) => Err(format!("the export `{name}` is no function, but a {other}\n{}", list(module))),
        None => {
            let nearest = nearest(module, name).map_or_else(String::new, |near| format!("; is it `{near}`?"));
            Err(format!("there is no export `{name}`{nearest}\n{}", list(module)))
        }
    }
}

/// The exported functions with their types, a line each.
pub(crate) fn list(module: &Module) -> String {
    let funcs: Vec<_> = funcs(module).collect();
    if funcs.is_empty() {
        return "the module exports no function".to_owned();
    }
    let mut text = "exported functions:".to_owned();
    for (name, ty) in funcs.iter().take(MOST_LISTED) {
        text += &format!("\n  {}", signature(name, ty));
    }
    if funcs.len() > MOST_LISTED {
        text += &format!("\n  and {} more, which `terrane inspect` shows", funcs.len() - MOST_LISTED);
    }
    text
}

/// A function as its name and type.
pub(crate) fn signature(name: &str, ty: &FuncType) -> String {
    let ty = ty.to_string();
    format!("{name}: {}", ty.strip_prefix("func ").unwrap_or(&ty))
}

fn funcs(module: &Module) -> impl Iterator<Item = (&str, FuncType)> {
    module.exports().filter_map(|export| match export.ty() {
        ExternType::Func(ty) => Some((export.name(), ty)),
        _ => None,
    })
}

/// The exported function whose name is most like `name`, if one is at all.
fn nearest<'m>(module: &'m Module, name: &str) -> Option<&'m str> {
    let distance = |other: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    let (distance, nearest) = funcs(module).map(|(other, _)| (distance(other), other)).min()?;
    (distance <= name.chars().count().max(3) / 3).then_some(nearest)
}
