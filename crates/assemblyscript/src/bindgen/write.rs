//! The Rust file.

use super::declarations::{Class, Declarations, Function, Global, Named};
use super::types::{Classes, Type};
use heck::{ToSnakeCase, ToUpperCamelCase};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;
use std::fmt::Write;

/// Names that the structure has for itself.
const TAKEN: [&str; 3] = ["instance", "instantiate", "new"];

/// Names that are none in Rust; those of the second kind cannot be made one.
const KEYWORDS: [&str; 46] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "use", "where", "while", "yield",
];
const RESERVED: [&str; 4] = ["self", "super", "crate", "store"];

/// Signatures of more characters take several lines.
const WIDTH: usize = 72;

/// All types that a file may use, by where they are from.
const STD: [&str; 2] = ["HashMap", "HashSet"];
const OURS: [&str; 8] =
    ["ArrayBuffer", "AsEnum", "AsFunc", "AsRecord", "Function", "Managed", "StaticArray", "TypedArray"];

pub(super) fn file(
    name: &str,
    declarations: &Declarations,
    enums: &IndexMap<String, IndexMap<String, i32>>,
) -> String {
    let classes = name_classes(name, declarations, enums);
    let mut body = structure(name, declarations, &classes);
    for class in &declarations.classes {
        if let Some((name, _)) = classes.get(&class.path) {
            body.push('\n');
            body.push_str(&record(name, class, &classes));
        }
    }
    for (name, members) in enums {
        body.push('\n');
        body.push_str(&enumeration(name, members));
    }
    let words: HashSet<&str> = body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let used = |names: &[&'static str]| -> Vec<&'static str> {
        names.iter().copied().filter(|name| words.contains(name)).collect()
    };
    let mut file =
        "// Made from a module and its declarations by `terrane bindgen assemblyscript`: change those.\n\n"
            .to_owned();
    match used(&STD).as_slice() {
        [] => {}
        [one] => file += &format!("use std::collections::{one};\n"),
        all => file += &format!("use std::collections::{{{}}};\n", all.join(", ")),
    }
    file += "use terrane::{AsContextMut, Linker, Module, Result};\n";
    let mut ours = used(&OURS);
    ours.push("AsInstance");
    ours.sort_unstable();
    let ours = ours.join(", ");
    let (open, close) = if ours.len() > WIDTH { ("\n    ", ",\n") } else { ("", "") };
    file += &format!("use terrane_assemblyscript::{{{open}{ours}{close}}};\n\n");
    file + &body
}

/// Rust names of the module's classes: those that no Rust type is for already.
fn name_classes(
    module: &str,
    declarations: &Declarations,
    enums: &IndexMap<String, IndexMap<String, i32>>,
) -> Classes {
    let mut taken: IndexSet<String> = enums.keys().map(|name| name.to_upper_camel_case()).collect();
    taken.insert(module.to_owned());
    taken.extend(STD.iter().chain(&OURS).map(ToString::to_string));
    taken.extend(
        ["AsInstance", "Linker", "Module", "Option", "Result", "String", "Vec", "Box"].map(String::from),
    );
    let mut classes = Classes::new();
    for class in &declarations.classes {
        let is_library = class.path.starts_with("~lib/function/Function<")
            || !matches!(Type::parse(&class.path), Some(Type::Class(_)));
        if is_library {
            continue;
        }
        let (path, args) = class.path.split_once('<').unwrap_or((&class.path, ""));
        let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_upper_camel_case();
        let args: String = args.split(['<', '>', ',', '|']).map(last).collect();
        let wanted = last(path) + &args;
        let names = std::iter::once(wanted.clone()).chain((2..).map(|i| format!("{wanted}{i}")));
        let name = names.into_iter().find(|name| taken.insert(name.clone())).unwrap_or(wanted);
        classes.insert(class.path.clone(), (name, class.fields.is_some()));
    }
    classes
}

/// A name of Rust for one of the module's.
fn rust_name(name: &str) -> String {
    let name = name.to_snake_case();
    match name.as_str() {
        "" => "_unnamed".to_owned(),
        name if RESERVED.contains(&name) => format!("{name}_"),
        name if KEYWORDS.contains(&name) => format!("r#{name}"),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("_{name}"),
        name => name.to_owned(),
    }
}

/// Names for all of them, no two the same.
fn unique<'n>(names: impl Iterator<Item = &'n str>, taken: &[&str]) -> Vec<String> {
    let mut seen: HashSet<String> = taken.iter().map(ToString::to_string).collect();
    let mut unique = Vec::new();
    for name in names {
        let mut name = rust_name(name);
        while !seen.insert(name.clone()) {
            name = name.trim_start_matches("r#").to_owned() + "_";
        }
        unique.push(name);
    }
    unique
}

fn structure(name: &str, declarations: &Declarations, classes: &Classes) -> String {
    let (funcs, skipped): (Vec<&Function>, Vec<&Function>) =
        declarations.funcs.iter().partition(|func| is_known(func));
    let names = unique(funcs.iter().map(|func| func.name.as_str()), &TAKEN);
    let mut text = format!(
        "/// What the module exports, with its types.\n#[derive(Clone, Debug)]\npub struct {name} {{\n"
    );
    let mut out = |line: String| text.push_str(&(line + "\n"));
    out("    instance: AsInstance,".to_owned());
    names.iter().for_each(|name| out(format!("    {name}: AsFunc,")));
    out(format!("}}\n\nimpl {name} {{"));
    out("    /// Instantiates the module with what a linker defines.".to_owned());
    out("    ///\n    /// # Errors\n    /// As for [`AsInstance::instantiate`]; and if this is another build of the module.".to_owned());
    out("    pub fn instantiate<T: 'static>(".to_owned());
    out("        mut store: impl AsContextMut<Data = T>,\n        linker: &Linker<T>,\n        module: &Module,".to_owned());
    out("    ) -> Result<Self> {\n        let instance = AsInstance::instantiate(&mut store, linker, module)?;".to_owned());
    out("        Self::new(store, instance)\n    }\n".to_owned());
    out("    /// An instance that is there already.".to_owned());
    out("    ///\n    /// # Errors\n    /// If it is of another module.".to_owned());
    out("    #[allow(unused_mut)]\n    pub fn new(mut store: impl AsContextMut, instance: AsInstance) -> Result<Self> {\n        Ok(Self {".to_owned());
    for (name, func) in names.iter().zip(&funcs) {
        out(format!("            {name}: instance.get_func(&mut store, {:?})?,", func.name));
    }
    out("            instance,\n        })\n    }\n".to_owned());
    out("    /// The instance without its types.\n    pub fn instance(&self) -> &AsInstance {\n        &self.instance\n    }".to_owned());
    for (name, func) in names.iter().zip(&funcs) {
        out(method(name, func, classes));
    }
    let taken: Vec<&str> = TAKEN.into_iter().chain(names.iter().map(String::as_str)).collect();
    let globals: Vec<&Global> = declarations.globals.iter().filter(|global| global.ty.is_known()).collect();
    let global_names = unique(globals.iter().map(|global| global.name.as_str()), &taken);
    let taken: Vec<&str> = taken.into_iter().chain(global_names.iter().map(String::as_str)).collect();
    let setters: Vec<String> = globals.iter().map(|global| format!("set_{}", global.name)).collect();
    let setters = unique(setters.iter().map(String::as_str), &taken);
    for ((name, setter), global) in global_names.iter().zip(&setters).zip(globals) {
        out(accessors(name, setter, global, classes));
    }
    for func in skipped {
        out(format!("\n    // `{}` has parameters or a result that no Rust type is for.", func.name));
    }
    out("}".to_owned());
    text
}

fn is_known(func: &Function) -> bool {
    func.params.len() <= 12
        && func.params.iter().map(|param| &param.ty).chain(&func.result).all(Type::is_known)
}

fn method(name: &str, func: &Function, classes: &Classes) -> String {
    let names = unique(func.params.iter().map(|param| param.name.as_str()), &RESERVED);
    let mut params = vec!["&self".to_owned(), "store: impl AsContextMut".to_owned()];
    params.extend(names.iter().zip(&func.params).map(|(name, param)| {
        let ty = param.ty.rust_param(classes);
        if param.optional { format!("{name}: Option<{ty}>") } else { format!("{name}: {ty}") }
    }));
    let result = func.result.as_ref().map_or("()".to_owned(), |ty| ty.rust(classes));
    let mut text = format!("\n    /// `{}`\n", func.path);
    let required = func.params.iter().take_while(|param| !param.optional).count();
    if required + 1 < names.len() {
        text += "    ///\n    /// Arguments after one that is left out are left out as well.\n";
    }
    text += "    ///\n    /// # Errors\n    /// What the call fails with, or if values cannot be passed.\n";
    let width: usize = params.iter().map(|param| param.len() + 2).sum();
    let params = if name.len() + width + result.len() > WIDTH {
        format!("\n        {},\n    ", params.join(",\n        "))
    } else {
        params.join(", ")
    };
    let _ = write!(text, "    pub fn {name}({params}) -> Result<{result}> {{\n        ");
    // One call for each number of arguments.
    for count in required..names.len() {
        let _ = write!(
            text,
            "let Some({0}) = {0} else {{\n            return {1};\n        }};\n        ",
            names[count],
            call(name, &names[..count])
        );
    }
    text + &call(name, &names) + "\n    }"
}

fn call(name: &str, args: &[String]) -> String {
    let comma = if args.len() == 1 { "," } else { "" };
    format!("self.{name}.call(store, ({}{comma}))", args.join(", "))
}

fn accessors(name: &str, setter: &str, global: &Global, classes: &Classes) -> String {
    let Global { name: export, path, ty, mutable } = global;
    let mut text = format!(
        "\n    /// `{path}`\n    ///\n    /// # Errors\n    /// If it cannot be read.\n    \
         pub fn {name}(&self, store: impl AsContextMut) -> Result<{}> {{\n        \
         self.instance.get(store, {export:?})\n    }}",
        ty.rust(classes)
    );
    if *mutable {
        let _ = write!(
            text,
            "\n\n    /// Changes `{path}`.\n    ///\n    /// # Errors\n    /// If the value cannot be passed.\n    \
             pub fn {setter}(&self, store: impl AsContextMut, value: {}) -> Result<()> {{\n        \
             self.instance.set(store, {export:?}, value)\n    }}",
            ty.rust_param(classes)
        );
    }
    text
}

fn record(name: &str, class: &Class, classes: &Classes) -> String {
    let Some(fields) = &class.fields else {
        return format!(
            "/// `{}`: there are handles to its objects.\n#[derive(Debug)]\npub enum {name} {{}}\n",
            class.path
        );
    };
    let names = unique(fields.iter().map(|field| field.name.as_str()), &[]);
    let mut text = format!(
        "/// `{}`, by value.\n#[derive(AsRecord, Clone, Debug, PartialEq)]\n#[as_record(id = {})]\npub struct {name} {{\n",
        class.path, class.id
    );
    for (name, Named { name: field, ty, .. }) in names.iter().zip(fields) {
        let _ = write!(text, "    /// `{field}`\n    pub {name}: {},\n", ty.rust_field(classes));
    }
    text + "}\n"
}

fn enumeration(name: &str, members: &IndexMap<String, i32>) -> String {
    let rust = name.to_upper_camel_case();
    let mut text = format!(
        "/// `{name}`\n#[derive(AsEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum {rust} {{\n"
    );
    let (mut seen, mut aliases) = (IndexMap::new(), String::new());
    for (member, number) in members {
        let variant = member.to_upper_camel_case();
        match seen.get(number) {
            None => {
                let _ = write!(text, "    /// `{member}`\n    {variant} = {number},\n");
                seen.insert(number, variant);
            }
            Some(first) => {
                let _ = write!(
                    aliases,
                    "    /// `{member}`\n    #[allow(non_upper_case_globals)]\n    pub const {variant}: Self = Self::{first};\n"
                );
            }
        }
    }
    text += "}\n";
    if aliases.is_empty() { text } else { format!("{text}\nimpl {rust} {{\n{aliases}}}\n") }
}
