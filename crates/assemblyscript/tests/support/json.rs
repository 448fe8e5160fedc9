//! Values of guests to and from the JSON of `cases.json` and `expected.json`.

use super::cases::{Handle, Handles};
use super::{Every, Item, Pair};
use serde_json::{Value as Json, json};
use terrane_assemblyscript::{ArrayBuffer, Function, Managed, StaticArray, TypedArray, Utf16, Value};

/// From the arguments of a case.
pub(crate) trait FromJson: Sized {
    fn from_json(json: &Json, handles: &Handles) -> Self;
}

/// To what is compared with what is expected; and a handle, of what is one.
pub(crate) trait ToJson {
    fn to_json(&self) -> Json;

    fn handle(self) -> Option<Handle>
    where
        Self: Sized,
    {
        None
    }
}

macro_rules! integers {
    ($($ty:ty)*) => { $(
        impl FromJson for $ty {
            fn from_json(json: &Json, _: &Handles) -> Self {
                // Those of 64 bits are strings, since a JavaScript number does not hold them.
                match json {
                    Json::String(digits) => digits.parse().unwrap(),
                    _ => json.as_i64().and_then(|number| number.try_into().ok()).expect("a number of that type"),
                }
            }
        }

        impl ToJson for $ty {
            fn to_json(&self) -> Json {
                if size_of::<Self>() == 8 { json!(self.to_string()) } else { json!(self) }
            }
        }
    )* };
}

integers!(i8 u8 i16 u16 i32 u32 i64 u64);

macro_rules! floats {
    ($($ty:ty)*) => { $(
        impl FromJson for $ty {
            fn from_json(json: &Json, _: &Handles) -> Self {
                json.as_str().map_or_else(|| json.as_f64().unwrap() as Self, |text| text.parse().unwrap())
            }
        }

        impl ToJson for $ty {
            fn to_json(&self) -> Json {
                match *self {
                    number if number.is_nan() => json!("NaN"),
                    Self::INFINITY => json!("Infinity"),
                    Self::NEG_INFINITY => json!("-Infinity"),
                    number => json!(number),
                }
            }
        }
    )* };
}

floats!(f32 f64);

impl FromJson for bool {
    fn from_json(json: &Json, _: &Handles) -> Self {
        json.as_bool().unwrap()
    }
}

impl ToJson for bool {
    fn to_json(&self) -> Json {
        json!(self)
    }
}

impl ToJson for () {
    fn to_json(&self) -> Json {
        Json::Null
    }
}

impl FromJson for Utf16 {
    fn from_json(json: &Json, handles: &Handles) -> Self {
        match json {
            Json::String(text) => text.as_str().into(),
            _ => Self(Vec::from_json(&json["utf16"], handles)),
        }
    }
}

/// What is no Unicode is the units.
impl ToJson for Utf16 {
    fn to_json(&self) -> Json {
        String::from_utf16(&self.0).map_or_else(|_| json!({ "utf16": self.0 }), |text| json!(text))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &Json, handles: &Handles) -> Self {
        (!json.is_null()).then(|| T::from_json(json, handles))
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Json {
        self.as_ref().map_or(Json::Null, ToJson::to_json)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &Json, handles: &Handles) -> Self {
        json.as_array().unwrap().iter().map(|element| T::from_json(element, handles)).collect()
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Json {
        self.iter().map(ToJson::to_json).collect()
    }
}

macro_rules! wrappers {
    ($($ty:ty $(, $t:ident)?;)*) => { $(
        impl$(<$t: FromJson>)? FromJson for $ty {
            fn from_json(json: &Json, handles: &Handles) -> Self {
                Self(Vec::from_json(json, handles))
            }
        }

        impl$(<$t: ToJson>)? ToJson for $ty {
            fn to_json(&self) -> Json {
                self.0.to_json()
            }
        }
    )* };
}

wrappers! {
    ArrayBuffer;
    StaticArray<T>, T;
    TypedArray<T>, T;
}

macro_rules! records {
    ($($ty:ident { $($field:ident),* })*) => { $(
        impl FromJson for $ty {
            fn from_json(json: &Json, handles: &Handles) -> Self {
                Self { $($field: FromJson::from_json(&json[stringify!($field)], handles)),* }
            }
        }

        impl ToJson for $ty {
            fn to_json(&self) -> Json {
                json!({ $(stringify!($field): self.$field.to_json()),* })
            }
        }
    )* };
}

records! {
    Pair { left, right }
    Item { name, price, count, big, rare, tags, note }
    Every {
        int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64, yes, text, nothing, list
    }
}

impl FromJson for Managed {
    fn from_json(json: &Json, handles: &Handles) -> Self {
        match handles.get(json) {
            Handle::Object(object) => object.clone(),
            Handle::Instance(object) => object.handle().clone(),
            Handle::Function(_) => panic!("{json} is a function"),
        }
    }
}

impl ToJson for Managed {
    fn to_json(&self) -> Json {
        Json::Null
    }

    fn handle(self) -> Option<Handle> {
        Some(Handle::Object(self))
    }
}

type Binary = Function<(i32, i32), i32>;

impl FromJson for Binary {
    fn from_json(json: &Json, handles: &Handles) -> Self {
        match handles.get(json) {
            Handle::Function(function) => function.clone(),
            _ => panic!("{json} is no function"),
        }
    }
}

impl ToJson for Binary {
    fn to_json(&self) -> Json {
        Json::Null
    }

    fn handle(self) -> Option<Handle> {
        Some(Handle::Function(self))
    }
}

/// What was read by type information alone, which does not tell booleans from bytes.
impl ToJson for Value {
    fn to_json(&self) -> Json {
        match self {
            Self::Null | Self::Object { .. } => Json::Null,
            Self::Int(number) => json!(number),
            Self::Uint(number) => json!(number),
            Self::Float(number) => number.to_json(),
            Self::String(text) => text.to_json(),
            Self::ArrayBuffer(bytes) => json!(bytes),
            Self::Array(_, values) | Self::Set(values) => values.to_json(),
            Self::Map(entries) => {
                entries.iter().map(|(key, value)| json!([key.to_json(), value.to_json()])).collect()
            }
        }
    }
}

/// The same value, as one who knows numbers only would write it: booleans are 0 and 1, numbers in strings are numbers.
pub(crate) fn untyped(json: &Json) -> Json {
    match json {
        Json::Bool(yes) => json!(f64::from(u8::from(*yes))),
        Json::Number(number) => json!(number.as_f64()),
        Json::String(text) => {
            text.parse::<i64>().map_or_else(|_| json.clone(), |number| json!(number as f64))
        }
        Json::Array(elements) => elements.iter().map(untyped).collect(),
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.clone(), untyped(value))).collect())
        }
        Json::Null => Json::Null,
    }
}
