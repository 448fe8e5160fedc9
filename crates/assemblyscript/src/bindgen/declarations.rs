//! What a compiler's `.d.ts` file says: line by line, as it is written by one program in one way.

use super::BindgenError;
use super::types::Type;

/// A parameter of a function, or a field of a record.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub name: String,
    pub ty: Type,
    /// May it be left out?
    pub optional: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Function {
    pub name: String,
    /// Its name within the sources: `assembly/index/add`.
    pub path: String,
    pub params: Vec<Named>,
    pub result: Option<Type>,
}

#[derive(Clone, Debug)]
pub(super) struct Global {
    pub name: String,
    pub path: String,
    pub ty: Type,
    pub mutable: bool,
}

/// A class: with fields, if it crosses by value.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Its name within the sources: `assembly/index/Vec3`.
    pub path: String,
    pub id: u32,
    pub fields: Option<Vec<Named>>,
}

#[derive(Debug, Default)]
pub(super) struct Declarations {
    pub funcs: Vec<Function>,
    pub globals: Vec<Global>,
    pub enums: Vec<(String, Vec<String>)>,
    pub classes: Vec<Class>,
}

/// What a comment says.
#[derive(Debug, Default)]
struct Comment {
    path: String,
    params: Vec<(String, Type)>,
    /// After `@returns` or `@type`.
    ty: Option<Type>,
}

struct Lines<'t> {
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
    line: usize,
    text: &'t str,
    comment: Comment,
}

impl Declarations {
    pub(super) fn parse(text: &str) -> Result<Self, BindgenError> {
        let mut lines =
            Lines { lines: text.lines().enumerate(), line: 0, text: "", comment: Comment::default() };
        let mut found = Self::default();
        while lines.next()? {
            let text = lines.text;
            let text = text.strip_prefix("export ").unwrap_or(text);
            if text.starts_with("declare function instantiate") {
                break;
            } else if let Some(rest) = text.strip_prefix("function ") {
                // The runtime has no comments of its own.
                if !rest.starts_with("__") {
                    found.funcs.push(lines.function(rest)?);
                }
            } else if let Some(rest) = text.strip_prefix("enum ") {
                let name = rest.trim_end_matches(" {").to_owned();
                found.enums.push((name, lines.members()?));
            } else if let Some(rest) = text.strip_prefix("const ") {
                if let Some(name) = rest.strip_suffix(": {") {
                    found.globals.push(lines.global(name)?);
                }
            } else if let Some(rest) = text.strip_prefix("declare interface __Record") {
                found.classes.push(lines.class(rest, true)?);
            } else if let Some(rest) = text.strip_prefix("declare class __Internref") {
                found.classes.push(lines.class(rest, false)?);
            }
        }
        Ok(found)
    }
}

impl<'t> Lines<'t> {
    /// Goes to the next line that is no comment; what comments before it say is kept. False at the end.
    fn next(&mut self) -> Result<bool, BindgenError> {
        self.comment = Comment::default();
        while let Some((i, text)) = self.lines.next() {
            (self.line, self.text) = (i + 1, text.trim());
            let text = self.text;
            let said = match text.strip_prefix("/**").or_else(|| text.strip_prefix('*')) {
                Some(said) => said.trim_end_matches("*/").trim_end_matches('/').trim(),
                None if text.is_empty() || text.starts_with("//") => continue,
                None => return Ok(true),
            };
            self.comment(said)?;
        }
        Ok(false)
    }

    fn comment(&mut self, said: &'t str) -> Result<(), BindgenError> {
        if let Some(rest) = said.strip_prefix("@param ") {
            let (name, ty) = rest.split_once(' ').ok_or_else(|| self.fail("expected a name and a type"))?;
            let ty = self.ty(ty)?;
            self.comment.params.push((name.to_owned(), ty));
        } else if let Some(ty) = said.strip_prefix("@returns ").or_else(|| said.strip_prefix("@type ")) {
            self.comment.ty = Some(self.ty(ty)?);
        } else if !said.is_empty() {
            self.comment.path = said.to_owned();
        }
        Ok(())
    }

    fn ty(&self, text: &str) -> Result<Type, BindgenError> {
        let name = text.trim().trim_matches('`');
        Type::parse(name).ok_or_else(|| self.fail("expected a type of AssemblyScript"))
    }

    fn fail(&self, reason: &'static str) -> BindgenError {
        BindgenError { line: self.line, reason, text: self.text.to_owned() }
    }

    /// `name(a: number, b?: number): number;`
    fn function(&mut self, rest: &str) -> Result<Function, BindgenError> {
        let (name, rest) = rest.split_once('(').ok_or_else(|| self.fail("expected a function"))?;
        let Comment { path, params, ty: result } = std::mem::take(&mut self.comment);
        let params = params.into_iter().map(|(name, ty)| {
            let optional = rest.split([' ', '(']).any(|word| word.strip_suffix("?:") == Some(name.as_str()));
            Named { name, ty, optional }
        });
        Ok(Function { name: name.to_owned(), path, params: params.collect(), result })
    }

    /// `Red,` up to `}`
    fn members(&mut self) -> Result<Vec<String>, BindgenError> {
        let mut members = Vec::new();
        while self.next()? {
            match self.text.strip_suffix(',') {
                Some(member) => members.push(member.to_owned()),
                None => return Ok(members),
            }
        }
        Err(self.fail("expected the end of the enumeration"))
    }

    /// `get value(): number` and maybe `set value(value: number);` up to `}`
    fn global(&mut self, name: &str) -> Result<Global, BindgenError> {
        let (path, mut ty, mut mutable) = (std::mem::take(&mut self.comment.path), None, false);
        while self.next()? {
            ty = self.comment.ty.take().or(ty);
            mutable |= self.text.starts_with("set ");
            if self.text.starts_with('}') {
                let ty = ty.ok_or_else(|| self.fail("expected the type of the global"))?;
                return Ok(Global { name: name.to_owned(), path, ty, mutable });
            }
        }
        Err(self.fail("expected the end of the global"))
    }

    /// `5<TOmittable> {` or `5 extends Number {`, then `x: number;` up to `}`
    fn class(&mut self, rest: &str, by_value: bool) -> Result<Class, BindgenError> {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let id = digits.parse().map_err(|_| self.fail("expected a class id"))?;
        let (path, mut fields) = (std::mem::take(&mut self.comment.path), Vec::new());
        while self.next()? {
            if self.text.starts_with('}') {
                return Ok(Class { path, id, fields: by_value.then_some(fields) });
            }
            if by_value {
                let name = self.text.split(['?', ':']).next().unwrap_or_default().to_owned();
                let ty = self.comment.ty.take().ok_or_else(|| self.fail("expected the type of the field"))?;
                fields.push(Named { name, ty, optional: false });
            }
        }
        Err(self.fail("expected the end of the class"))
    }
}
