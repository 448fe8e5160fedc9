//! Types of AssemblyScript by their names within the compiler, and the Rust types for them.

use indexmap::IndexMap;

/// A type, as declarations name it: `~lib/array/Array<~lib/string/String|null>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// A number, by its Rust name.
    Number(&'static str),
    String,
    ArrayBuffer,
    /// By the name of the Rust type: `Vec`, `StaticArray`, `TypedArray`.
    Array(&'static str, Box<Type>),
    Map(Box<Type>, Box<Type>),
    Set(Box<Type>),
    Function(Vec<Type>, Option<Box<Type>>),
    Nullable(Box<Type>),
    /// A class of the module, by its path.
    Class(String),
    /// What has no Rust type here.
    Other(String),
}

/// Rust names of classes, by their paths; and whether they cross by value.
pub(super) type Classes = IndexMap<String, (String, bool)>;

const NUMBERS: [(&str, &str); 14] = [
    ("bool", "bool"),
    ("i8", "i8"),
    ("i16", "i16"),
    ("i32", "i32"),
    ("i64", "i64"),
    ("isize", "i32"),
    ("u8", "u8"),
    ("u16", "u16"),
    ("u32", "u32"),
    ("u64", "u64"),
    ("usize", "u32"),
    ("f32", "f32"),
    ("f64", "f64"),
    ("boolean", "bool"),
];

const TYPED_ARRAYS: [(&str, &str); 11] = [
    ("Int8Array", "i8"),
    ("Uint8Array", "u8"),
    ("Uint8ClampedArray", "u8"),
    ("Int16Array", "i16"),
    ("Uint16Array", "u16"),
    ("Int32Array", "i32"),
    ("Uint32Array", "u32"),
    ("Int64Array", "i64"),
    ("Uint64Array", "u64"),
    ("Float32Array", "f32"),
    ("Float64Array", "f64"),
];

impl Type {
    /// `None` if that is no type.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Some(signature) = text.strip_prefix('(') {
            let end = closing(signature, '(', ')')?;
            let (params, rest) = (&signature[..end], signature[end + 1..].trim());
            // `((a) => b) | null`
            if let Some(rest) = rest.strip_prefix('|') {
                return (rest.trim() == "null").then_some(Self::Nullable(Box::new(Self::parse(params)?)));
            }
            if rest.is_empty() {
                return Self::parse(params);
            }
            let result = rest.strip_prefix("=>")?.trim();
            let params = split(params).map(Self::parse).collect::<Option<_>>()?;
            let result = if result == "void" { None } else { Some(Box::new(Self::parse(result)?)) };
            return Some(Self::Function(params, result));
        }
        if let Some(inner) = text.strip_suffix("null").and_then(|rest| rest.trim_end().strip_suffix('|')) {
            return Some(Self::Nullable(Box::new(Self::parse(inner)?)));
        }
        if let Some((_, rust)) = NUMBERS.iter().find(|(name, _)| *name == text) {
            return Some(Self::Number(rust));
        }
        if matches!(text, "v128" | "externref" | "anyref" | "funcref") {
            return Some(Self::Other(text.to_owned()));
        }
        let (name, args) = match text.split_once('<') {
            Some((name, args)) => {
                (name, split(args.strip_suffix('>')?).map(Self::parse).collect::<Option<_>>()?)
            }
            None => (text, Vec::new()),
        };
        Some(Self::of_class(text, name, args))
    }

    fn of_class(text: &str, name: &str, args: Vec<Self>) -> Self {
        let typed = name.strip_prefix("~lib/typedarray/");
        let typed = typed.and_then(|name| TYPED_ARRAYS.iter().find(|(known, _)| *known == name));
        if let Some((_, number)) = typed {
            return Self::Array("TypedArray", Box::new(Self::Number(number)));
        }
        let mut args = args.into_iter();
        let mut next = || args.next().map(Box::new);
        let of_library = match name {
            "~lib/string/String" => Some(Self::String),
            "~lib/arraybuffer/ArrayBuffer" => Some(Self::ArrayBuffer),
            "~lib/array/Array" => next().map(|item| Self::Array("Vec", item)),
            "~lib/staticarray/StaticArray" => next().map(|item| Self::Array("StaticArray", item)),
            "~lib/set/Set" => next().map(Self::Set),
            "~lib/map/Map" => next().and_then(|key| Some(Self::Map(key, next()?))),
            _ => None,
        };
        of_library.unwrap_or_else(|| Self::Class(text.to_owned()))
    }

    /// Is there a Rust type for it, with all that is in it?
    pub(super) fn is_known(&self) -> bool {
        match self {
            Self::Other(_) => false,
            Self::Array(_, inner) | Self::Set(inner) | Self::Nullable(inner) => inner.is_known(),
            Self::Map(key, value) => key.is_known() && value.is_known(),
            Self::Function(params, result) => {
                params.len() <= 12 && params.iter().chain(result.as_deref()).all(Self::is_known)
            }
            _ => true,
        }
    }

    /// Can it be a key of Rust's hash tables?
    fn is_key(&self) -> bool {
        match self {
            Self::Number(name) => !name.starts_with('f'),
            Self::String | Self::ArrayBuffer => true,
            Self::Array(_, inner) | Self::Nullable(inner) => inner.is_key(),
            _ => false,
        }
    }

    /// The Rust type of a value.
    pub(super) fn rust(&self, classes: &Classes) -> String {
        let rust = |ty: &Self| ty.rust(classes);
        match self {
            Self::Number(name) => (*name).to_owned(),
            Self::String => "String".to_owned(),
            Self::ArrayBuffer => "ArrayBuffer".to_owned(),
            Self::Array(name, item) => format!("{name}<{}>", rust(item)),
            Self::Map(key, value) if key.is_key() => format!("HashMap<{}, {}>", rust(key), rust(value)),
            Self::Set(item) if item.is_key() => format!("HashSet<{}>", rust(item)),
            Self::Map(..) | Self::Set(_) | Self::Other(_) => "Managed".to_owned(),
            Self::Function(params, result) => {
                let params: Vec<String> = params.iter().map(rust).collect();
                let comma = if params.len() == 1 { "," } else { "" };
                let result = result.as_deref().map_or("()".to_owned(), rust);
                format!("Function<({}{comma}), {result}>", params.join(", "))
            }
            Self::Nullable(inner) => format!("Option<{}>", rust(inner)),
            Self::Class(path) => match classes.get(path) {
                Some((name, true)) => name.clone(),
                Some((name, false)) => format!("Managed<{name}>"),
                None => "Managed".to_owned(),
            },
        }
    }

    /// The Rust type of a parameter: borrowed, if that saves a copy.
    pub(super) fn rust_param(&self, classes: &Classes) -> String {
        match self {
            Self::Number(_) => self.rust(classes),
            Self::String => "&str".to_owned(),
            Self::Array("Vec", item) => format!("&[{}]", item.rust(classes)),
            Self::Nullable(inner) => format!("Option<{}>", inner.rust_param(classes)),
            _ => format!("&{}", self.rust(classes)),
        }
    }

    /// The Rust type of a field: a class that may refer to itself is behind a pointer.
    pub(super) fn rust_field(&self, classes: &Classes) -> String {
        match self {
            Self::Nullable(inner) => match &**inner {
                Self::Class(path) if classes.get(path).is_some_and(|(_, by_value)| *by_value) => {
                    format!("Option<Box<{}>>", inner.rust(classes))
                }
                _ => self.rust(classes),
            },
            _ => self.rust(classes),
        }
    }
}

/// Where, in what follows an opening bracket, it closes.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            _ if c == open => depth += 1,
            _ if c == close && depth == 0 => return Some(i),
            _ if c == close => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between commas, not those in brackets.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    let mut last = ' ';
    for (i, c) in text.char_indices() {
        match c {
            '<' | '(' => depth += 1,
            // Not the arrow of a function.
            '>' if last == '=' => {}
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
        last = c;
    }
    parts.push(&text[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, rust: &str) {
        let classes = Classes::from([
            ("assembly/index/Vec3".to_owned(), ("Vec3".to_owned(), true)),
            ("assembly/index/Box<i32>".to_owned(), ("BoxI32".to_owned(), false)),
        ]);
        let ty = Type::parse(text).unwrap_or_else(|| panic!("{text} is no type"));
        assert_eq!(ty.rust(&classes), rust, "{text}");
    }

    #[test]
    fn types_of_the_compiler() {
        check("usize", "u32");
        check("~lib/string/String | null", "Option<String>");
        check("~lib/array/Array<~lib/string/String|null>", "Vec<Option<String>>");
        check("~lib/array/Array<~lib/array/Array<f64>>", "Vec<Vec<f64>>");
        check("~lib/typedarray/Uint8ClampedArray", "TypedArray<u8>");
        check("~lib/staticarray/StaticArray<i64>", "StaticArray<i64>");
        check("~lib/map/Map<i32,~lib/set/Set<~lib/string/String>>", "HashMap<i32, HashSet<String>>");
        check("~lib/map/Map<f64,i32>", "Managed");
        check("(i32, i32) => i32", "Function<(i32, i32), i32>");
        check("(~lib/string/String) => void", "Function<(String,), ()>");
        check("((f64) => f64) | null", "Option<Function<(f64,), f64>>");
        check("(() => void) | null", "Option<Function<(), ()>>");
        check(
            "(~lib/array/Array<(i32) => i32>, i32) => void",
            "Function<(Vec<Function<(i32,), i32>>, i32), ()>",
        );
        check("assembly/index/Vec3 | null", "Option<Vec3>");
        check("assembly/index/Box<i32>", "Managed<BoxI32>");
        check("assembly/other/Unknown", "Managed");
        assert_eq!(Type::parse(""), None);
        assert_eq!(Type::parse("~lib/array/Array<i32"), None);
        assert!(!Type::parse("~lib/array/Array<v128>").expect("a type").is_known());
    }
}
