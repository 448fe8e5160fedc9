//! The names of exports, put together to what they were in the source: namespaces, classes, functions.

use indexmap::IndexMap;
use std::fmt;
use terrane::{ExternType, FuncType, GlobalType, Mutability, ValType};

/// Exports by name, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// What is in it.
    pub items: IndexMap<String, Item>,
}

/// Something that a module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A function.
    Func(ExportedFunc),
    /// A constant or a variable.
    Global(ExportedGlobal),
    /// A class.
    Class(Box<ClassDef>),
    /// A namespace, or an enumeration.
    Namespace(Namespace),
    /// A memory, a table, a tag.
    Other(ExternType),
}

/// A function that is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFunc {
    /// The name of the export.
    pub export: String,
    /// Its type; the first parameter of methods is `this`.
    pub ty: FuncType,
}

/// A global that is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedGlobal {
    /// The name of the export.
    pub export: String,
    /// Its type.
    pub ty: GlobalType,
}

/// A class: compilers up to 0.19 export them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassDef {
    /// The global that holds the class id.
    pub id: Option<ExportedGlobal>,
    /// The constructor.
    pub constructor: Option<ExportedFunc>,
    /// Fields and properties.
    pub accessors: IndexMap<String, Accessor>,
    /// Methods.
    pub methods: IndexMap<String, ExportedFunc>,
    /// Static members.
    pub statics: Namespace,
}

/// How a field or a property is read and written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accessor {
    /// Reads it.
    pub get: Option<ExportedFunc>,
    /// Writes it.
    pub set: Option<ExportedFunc>,
}

/// Puts exports together to what they were in the source.
///
/// | export | is |
/// |---|---|
/// | `name` | a function or a global |
/// | `ns.name` | the same in a namespace, a member of an enumeration, a static member of a class |
/// | `ns.Class` | a global: the id of the class |
/// | `ns.Class#constructor` | the constructor |
/// | `ns.Class#get:name`, `ns.Class#set:name` | a field or a property |
/// | `ns.Class#name` | a method |
///
/// Points in type arguments, as in `Box<ns.Item>`, part nothing.
///
/// ```
/// use terrane::{Engine, Module};
/// use terrane_assemblyscript::demangle;
///
/// let module = Module::new(
///     &Engine::default(),
///     r#"(module
///         (global (export "Color.Red") i32 (i32.const 0))
///         (global (export "Color.Green") i32 (i32.const 1))
///         (func (export "Vec#constructor") (param i32 f64) (result i32) (i32.const 0))
///         (func (export "Vec#get:x") (param i32) (result f64) (f64.const 0))
///         (func (export "Vec#scale") (param i32 f64)))"#,
/// )?;
/// let tree = demangle(module.exports().map(|export| (export.name(), export.ty())));
/// assert_eq!(
///     tree.to_string(),
///     "enum Color { Red, Green }\n\
///      class Vec {\n  \
///        constructor(f64)\n  \
///        readonly x: f64\n  \
///        scale(f64): void\n\
///      }\n",
/// );
/// # Ok::<(), terrane::Error>(())
/// ```
pub fn demangle<'n>(exports: impl IntoIterator<Item = (&'n str, ExternType)>) -> Namespace {
    let mut root = Namespace::default();
    for (export, ty) in exports {
        let mut path = split(export);
        let last = path.pop().unwrap_or(export);
        let at = path.into_iter().fold(&mut root, |at, name| at.namespace(name));
        match last.split_once('#') {
            Some((class, member)) => at.class_mut(class).add(export, member, ty),
            None => at.add(export, last, ty),
        }
    }
    root
}

/// The parts between points; not those in type arguments.
fn split(name: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (i, byte) in name.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                parts.push(&name[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&name[start..]);
    parts
}

impl Namespace {
    /// What is in it under a name, with namespaces in it: `ns.Class`.
    pub fn get(&self, path: &str) -> Option<&Item> {
        let mut path = split(path);
        let last = path.pop()?;
        let at = path.into_iter().try_fold(self, |at, name| match at.items.get(name)? {
            Item::Namespace(inner) => Some(inner),
            Item::Class(class) => Some(&class.statics),
            _ => None,
        })?;
        at.items.get(last)
    }

    /// The class of that name, with namespaces in it.
    pub fn class(&self, path: &str) -> Option<&ClassDef> {
        match self.get(path)? {
            Item::Class(class) => Some(class),
            _ => None,
        }
    }

    /// Is it an enumeration: nothing but constants of `i32`?
    pub fn is_enum(&self) -> bool {
        let is_member = |item: &Item| {
            matches!(item, Item::Global(global)
                if *global.ty.content() == ValType::I32 && global.ty.mutability() == Mutability::Const)
        };
        !self.items.is_empty() && self.items.values().all(is_member)
    }

    fn namespace(&mut self, name: &str) -> &mut Self {
        let item = self.items.entry(name.to_owned()).or_insert_with(|| Item::Namespace(Self::default()));
        // A constant or a function that shares its name with a namespace: a class, or merged declarations.
        if let Item::Global(_) | Item::Func(_) | Item::Other(_) = item {
            let mut class = ClassDef::default();
            if let Item::Global(global) = item {
                class.id = Some(global.clone());
            }
            *item = Item::Class(Box::new(class));
        }
        match item {
            Item::Namespace(inner) => inner,
            Item::Class(class) => &mut class.statics,
            _ => unreachable!("made above"),
        }
    }

    fn class_mut(&mut self, name: &str) -> &mut ClassDef {
        let statics = std::mem::take(self.namespace(name));
        let item = self.items.entry(name.to_owned()).or_insert_with(|| Item::Namespace(Self::default()));
        if let Item::Namespace(_) = item {
            *item = Item::Class(Box::default());
        }
        match item {
            Item::Class(class) => {
                class.statics = statics;
                class
            }
            _ => unreachable!("made above"),
        }
    }

    fn add(&mut self, export: &str, name: &str, ty: ExternType) {
        let export = export.to_owned();
        let item = match ty {
            ExternType::Func(ty) => Item::Func(ExportedFunc { export, ty }),
            ExternType::Global(ty) => Item::Global(ExportedGlobal { export, ty }),
            ty => Item::Other(ty),
        };
        match (self.items.get_mut(name), item) {
            (Some(Item::Class(class)), Item::Global(global)) => class.id = Some(global),
            // The namespace has its name from its members: the global is the class that they are of.
            (Some(Item::Namespace(inner)), Item::Global(global)) => {
                let statics = std::mem::take(inner);
                let class = ClassDef { id: Some(global), statics, ..ClassDef::default() };
                self.items.insert(name.to_owned(), Item::Class(Box::new(class)));
            }
            (Some(Item::Class(_) | Item::Namespace(_)), _) => {}
            (_, item) => drop(self.items.insert(name.to_owned(), item)),
        }
    }
}

impl ClassDef {
    fn add(&mut self, export: &str, member: &str, ty: ExternType) {
        let ExternType::Func(ty) = ty else { return };
        let func = ExportedFunc { export: export.to_owned(), ty };
        let accessor = |accessors: &mut IndexMap<String, Accessor>, name: &str, func, get: bool| {
            let accessor = accessors.entry(name.to_owned()).or_default();
            *(if get { &mut accessor.get } else { &mut accessor.set }) = Some(func);
        };
        if let Some(name) = member.strip_prefix("get:") {
            accessor(&mut self.accessors, name, func, true);
        } else if let Some(name) = member.strip_prefix("set:") {
            accessor(&mut self.accessors, name, func, false);
        } else if member == "constructor" {
            self.constructor = Some(func);
        } else {
            self.methods.insert(member.to_owned(), func);
        }
    }
}

impl ExportedFunc {
    /// Parameters and result, but for `this`, as a person reads them.
    fn signature(&self, skip: usize) -> String {
        let params: Vec<String> = self.ty.params().skip(skip).map(|ty| ty.to_string()).collect();
        format!("({})", params.join(", "))
    }

    fn result(&self) -> String {
        self.ty.result(0).map_or("void".to_owned(), |ty| ty.to_string())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "", "")
    }
}

impl Namespace {
    fn write(&self, f: &mut fmt::Formatter<'_>, indent: &str, prefix: &str) -> fmt::Result {
        for (name, item) in &self.items {
            write!(f, "{indent}{prefix}")?;
            match item {
                Item::Func(func) => writeln!(f, "{name}{}: {}", func.signature(0), func.result())?,
                Item::Global(global) => {
                    let keyword = if global.ty.mutability() == Mutability::Var { "let" } else { "const" };
                    writeln!(f, "{keyword} {name}: {}", global.ty.content())?;
                }
                Item::Class(class) => class.write(f, indent, name)?,
                Item::Namespace(inner) if inner.is_enum() => {
                    let members: Vec<&str> = inner.items.keys().map(String::as_str).collect();
                    writeln!(f, "enum {name} {{ {} }}", members.join(", "))?;
                }
                Item::Namespace(inner) => {
                    writeln!(f, "namespace {name} {{")?;
                    inner.write(f, &format!("{indent}  "), "")?;
                    writeln!(f, "{indent}}}")?;
                }
                Item::Other(ty) => writeln!(f, "{name}: {ty}")?,
            }
        }
        Ok(())
    }
}

impl ClassDef {
    fn write(&self, f: &mut fmt::Formatter<'_>, indent: &str, name: &str) -> fmt::Result {
        writeln!(f, "class {name} {{")?;
        if let Some(constructor) = &self.constructor {
            writeln!(f, "{indent}  constructor{}", constructor.signature(1))?;
        }
        for (name, accessor) in &self.accessors {
            let readonly = if accessor.set.is_none() { "readonly " } else { "" };
            let get = accessor.get.as_ref().map(ExportedFunc::result);
            let set = || accessor.set.as_ref().and_then(|set| Some(set.ty.param(1)?.to_string()));
            writeln!(f, "{indent}  {readonly}{name}: {}", get.or_else(set).unwrap_or_default())?;
        }
        for (name, method) in &self.methods {
            writeln!(f, "{indent}  {name}{}: {}", method.signature(1), method.result())?;
        }
        self.statics.write(f, &format!("{indent}  "), "static ")?;
        writeln!(f, "{indent}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_type_arguments_part_nothing() {
        assert_eq!(split("a.b.Box<c.D,Map<e.F,i32>>.g"), ["a", "b", "Box<c.D,Map<e.F,i32>>", "g"]);
        assert_eq!(split("plain"), ["plain"]);
        assert_eq!(split("a..b"), ["a", "", "b"]);
        assert_eq!(split("a>.b"), ["a>", "b"]);
    }
}
