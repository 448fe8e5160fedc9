//! Types as the text format writes them, for messages.

use super::*;
use core::fmt::{Display, Formatter, Result};

impl Display for ValType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::I32 => f.write_str("i32"),
            Self::I64 => f.write_str("i64"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::V128 => f.write_str("v128"),
            Self::Ref(rt) => rt.fmt(f),
        }
    }
}

impl Display for RefType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.nullable
            && let Some(short) = self.heap.short_ref()
        {
            return f.write_str(short);
        }
        write!(f, "(ref {}{})", if self.nullable { "null " } else { "" }, self.heap)
    }
}

impl HeapType {
    /// The one-word name of the nullable reference to this heap type.
    fn short_ref(self) -> Option<&'static str> {
        Some(match self {
            Self::Any => "anyref",
            Self::Eq => "eqref",
            Self::I31 => "i31ref",
            Self::Struct => "structref",
            Self::Array => "arrayref",
            Self::None => "nullref",
            Self::Func => "funcref",
            Self::NoFunc => "nullfuncref",
            Self::Extern => "externref",
            Self::NoExtern => "nullexternref",
            Self::Exn => "exnref",
            Self::NoExn => "nullexnref",
            Self::Type(_) | Self::Def(_) | Self::Rec(_) => return None,
            Self::Exact(_) | Self::ExactDef(_) | Self::ExactRec(_) | Self::Bot => return None,
        })
    }
}

impl Display for HeapType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Eq => f.write_str("eq"),
            Self::I31 => f.write_str("i31"),
            Self::Struct => f.write_str("struct"),
            Self::Array => f.write_str("array"),
            Self::None => f.write_str("none"),
            Self::Func => f.write_str("func"),
            Self::NoFunc => f.write_str("nofunc"),
            Self::Extern => f.write_str("extern"),
            Self::NoExtern => f.write_str("noextern"),
            Self::Exn => f.write_str("exn"),
            Self::NoExn => f.write_str("noexn"),
            Self::Type(x) => write!(f, "{x}"),
            Self::Def(dt) => write!(f, "type#{}", dt.id()),
            Self::Rec(i) => write!(f, "rec.{i}"),
            Self::Exact(x) => write!(f, "(exact {x})"),
            Self::ExactDef(dt) => write!(f, "(exact {})", Self::Def(*dt)),
            Self::ExactRec(i) => write!(f, "(exact {})", Self::Rec(*i)),
            Self::Bot => f.write_str("bot"),
        }
    }
}

impl Display for FuncType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "[{}] -> [{}]", List(&self.params), List(&self.results))
    }
}

/// Types with a space between each two.
struct List<'a>(&'a [ValType]);

impl Display for List<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (i, t) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            t.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Limits {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.max {
            Some(max) => write!(f, "{{min {}, max {max}}}", self.min),
            None => write!(f, "{{min {}}}", self.min),
        }
    }
}

impl AddrType {
    /// The prefix that memory and table types carry.
    fn prefix(self) -> &'static str {
        match self {
            Self::I32 => "",
            Self::I64 => "i64 ",
        }
    }
}

impl Display for MemType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "memory {}{}", self.addr.prefix(), self.limits)?;
        if self.shared {
            f.write_str(" shared")?;
        }
        if self.page_size_log2 != 16 {
            write!(f, " (pagesize {})", self.page_size())?;
        }
        Ok(())
    }
}

impl Display for TableType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "table {}{} {}", self.addr.prefix(), self.limits, self.elem)
    }
}

impl Display for GlobalType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.mutable { write!(f, "global (mut {})", self.val) } else { write!(f, "global {}", self.val) }
    }
}

impl Display for StorageType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Val(t) => t.fmt(f),
            Self::I8 => f.write_str("i8"),
            Self::I16 => f.write_str("i16"),
        }
    }
}

impl Display for FieldType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.mutable { write!(f, "(mut {})", self.storage) } else { self.storage.fmt(f) }
    }
}

impl Display for CompType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Func(ft) => write!(f, "func {ft}"),
            Self::Array(field) => write!(f, "array {field}"),
            Self::Struct(fields) => {
                f.write_str("struct")?;
                fields.iter().try_for_each(|field| write!(f, " {field}"))
            }
        }
    }
}
