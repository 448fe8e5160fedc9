//! Runs the cases of `cases.json` on a guest, and compares with what the oracle has written to `expected.json`.

use super::json::{FromJson, ToJson, untyped};
use super::{Every, Guest, Item, Pair, eras};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use terrane::{Module, Result, Store};
use terrane_assemblyscript::{
    Abort, ArrayBuffer, AsCtx, AsInstance, AsObject, Function, Lift, Lower, Managed, Params, Results,
    StaticArray, TypedArray, Utf16,
};

#[derive(Deserialize)]
pub(crate) struct Cases {
    functions: BTreeMap<String, String>,
    cases: Vec<Case>,
    #[serde(skip)]
    expected: Expected,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// The first and the last minor version that it is for.
    #[serde(default)]
    from: u32,
    #[serde(default = "latest")]
    to: u32,
    needs: Option<String>,
    steps: Vec<Step>,
}

fn latest() -> u32 {
    u32::MAX
}

/// One of these: `call` a function, or a method `on` an object; `construct` an object; `invoke` a function value;
/// `get` or `set` a global, or a field `on` an object; `read` an object.
#[derive(Default, Deserialize)]
struct Step {
    call: Option<String>,
    construct: Option<String>,
    invoke: Option<String>,
    on: Option<String>,
    get: Option<String>,
    set: Option<String>,
    read: Option<String>,
    #[serde(default)]
    args: Vec<Json>,
    #[serde(rename = "type")]
    ty: Option<String>,
    #[serde(default)]
    value: Json,
    /// The name that later steps know the result by.
    #[serde(rename = "as")]
    name: Option<String>,
    /// The class that the result is an object of.
    class: Option<String>,
    #[serde(default)]
    aborts: bool,
}

#[derive(Default, Deserialize)]
struct Expected {
    results: BTreeMap<String, Vec<Json>>,
    exceptions: BTreeMap<String, BTreeMap<String, Vec<Json>>>,
}

/// What a step has named.
#[derive(Debug)]
pub(crate) enum Handle {
    Object(Managed),
    Instance(AsObject),
    Function(Function<(i32, i32), i32>),
}

#[derive(Default)]
pub(crate) struct Handles(BTreeMap<String, Handle>);

impl Handles {
    /// The handle that an argument stands for: `"$name"`.
    pub(crate) fn get(&self, json: &Json) -> &Handle {
        let name = json.as_str().unwrap_or_else(|| panic!("{json} is no handle"));
        let name = name.strip_prefix('$').unwrap_or(name);
        self.0.get(name).unwrap_or_else(|| panic!("no step has named `{name}`"))
    }

    fn object(&self, name: &str) -> AsObject {
        match self.0.get(name) {
            Some(Handle::Instance(object)) => object.clone(),
            _ => panic!("`{name}` is no object of a class"),
        }
    }
}

impl Cases {
    pub(crate) fn load() -> Self {
        let read = |name: &str| std::fs::read_to_string(eras().join(name)).unwrap();
        let mut cases: Self = serde_json::from_str(&read("cases.json")).unwrap();
        cases.expected = serde_json::from_str(&read("expected.json")).unwrap();
        cases
    }

    /// Runs those that are for a guest, each with an instance of its own; how many there were, and what went wrong.
    pub(crate) fn run(&self, guest: &Guest, module: &Module) -> (usize, Vec<String>) {
        let is_for = |case: &&Case| {
            let has = match case.needs.as_deref() {
                None => true,
                Some("table") => guest.has_table(),
                Some("records") => true,
                Some(other) => panic!("no such need: {other}"),
            };
            has && (case.from..=case.to).contains(&guest.minor())
        };
        let cases: Vec<&Case> = self.cases.iter().filter(is_for).collect();
        let failures = cases.iter().filter_map(|case| self.run_case(case, guest, module).err());
        (cases.len(), failures.collect())
    }

    fn run_case(&self, case: &Case, guest: &Guest, module: &Module) -> Result<(), String> {
        let name = &case.name;
        let fail = |error: terrane::Error| format!("{name}: {error:#}");
        let exception = self.expected.exceptions.get(guest.era()).and_then(|cases| cases.get(name));
        let expected = exception.or_else(|| self.expected.results.get(name));
        let expected = expected.ok_or_else(|| format!("{name}: nothing is expected: run oracle.mjs"))?;
        let instance = match case.needs.as_deref() {
            Some("records") => guest.instance_with_records(module),
            _ => guest.instantiate(module, AsCtx::default()),
        };
        let (store, instance) = instance.map_err(fail)?;
        let mut run = Run { cases: self, store, instance, handles: Handles::default() };
        for (i, (step, expected)) in case.steps.iter().zip(expected).enumerate() {
            let found = run.step(step).map_err(|error| format!("{name}, step {i}: {error:?}"))?;
            if found != *expected && untyped(&found) != untyped(expected) {
                return Err(format!("{name}, step {i}: expected {expected}, found {found}"));
            }
        }
        run.handles = Handles::default();
        run.instance.release_dropped(&mut run.store).map_err(fail)?;
        match run.instance.pinned() {
            0 => Ok(()),
            left => Err(format!("{name}: {left} objects are still pinned")),
        }
    }
}

struct Run<'a> {
    cases: &'a Cases,
    store: Store<AsCtx>,
    instance: AsInstance,
    handles: Handles,
}

/// What is called.
enum Callee {
    Func(String),
    Method(AsObject, String),
    Constructor(String),
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Result<Json> {
        let ty = step.ty.as_deref().unwrap_or("i32");
        if let Some(name) = &step.invoke {
            let args =
                (i32::from_json(&step.args[0], &self.handles), i32::from_json(&step.args[1], &self.handles));
            let Handle::Function(function) = self.handles.get(&json!(name)) else {
                panic!("{name} is no function")
            };
            return Ok(json!(function.call(&mut self.store, args)?));
        }
        if let Some(name) = &step.read {
            let object = Managed::from_json(&json!(name), &self.handles);
            return Ok(self.instance.read_value(&mut self.store, object.pointer())?.to_json());
        }
        if let Some(name) = &step.construct {
            return self.call(step, Callee::Constructor(name.clone()), &format!("{name}#constructor"));
        }
        match (&step.on, &step.get, &step.set, &step.call) {
            (on, Some(name), ..) => by_type(ty, Get { run: self, on: on.as_deref(), name }),
            (on, _, Some(name), _) => {
                by_type(ty, Set { run: self, on: on.as_deref(), name, value: &step.value })
            }
            (Some(on), _, _, Some(name)) => {
                let object = self.handles.object(on);
                let functions = &self.cases.functions;
                let names = [object.class().name(), "shapes.Point"].map(|class| format!("{class}#{name}"));
                let full = names.iter().find(|name| functions.contains_key(*name)).expect("a method");
                self.call(step, Callee::Method(object, name.clone()), full)
            }
            (None, _, _, Some(name)) => self.call(step, Callee::Func(name.clone()), name),
            _ => panic!("a step does nothing"),
        }
    }

    fn call(&mut self, step: &Step, callee: Callee, function: &str) -> Result<Json> {
        let signature =
            self.cases.functions.get(function).unwrap_or_else(|| panic!("no signature of {function}"));
        let (params, result) = signature.trim_start_matches('(').split_once("): ").unwrap();
        let is_handle = |json: &Json| json.as_str().is_some_and(|text| text.starts_with('$'));
        let params = params.split(", ").zip(&step.args).map(|(param, arg)| match is_handle(arg) {
            true if param != "function" => "object",
            _ => param,
        });
        let params = params.collect::<Vec<_>>().join(", ");
        let is_collection = result.starts_with("Map<") || result.starts_with("Set<");
        let kept = step.name.is_some() && result != "function";
        let shown = if is_collection || kept { "object" } else { result };
        let done = by_signature(&format!("({params}): {shown}"), self, &callee, &step.args);
        if step.aborts {
            let error = done.expect_err("it should have aborted");
            let abort = error.downcast_ref::<Abort>().unwrap_or_else(|| panic!("not an abort: {error:?}"));
            return Ok(json!({
                "message": abort.message, "file": abort.file, "line": abort.line, "column": abort.column,
            }));
        }
        let (mut json, handle) = done?;
        if is_collection && let Some(Handle::Object(object)) = &handle {
            json = self.instance.read_value(&mut self.store, object.pointer())?.to_json();
        }
        if let (Some(name), Some(handle)) = (&step.name, handle) {
            let class = match &callee {
                Callee::Method(object, _) => Some(object.class().name()),
                _ => step.class.as_deref(),
            };
            let handle = match (handle, class) {
                (Handle::Object(object), Some(class)) => {
                    let class = self.instance.class(&mut self.store, class)?;
                    Handle::Instance(class.wrap(&mut self.store, &object)?)
                }
                (handle, _) => handle,
            };
            self.handles.0.insert(name.clone(), handle);
        }
        Ok(json)
    }

    fn run<P: Params, R: Results + ToJson>(
        &mut self,
        callee: &Callee,
        params: P,
    ) -> Result<(Json, Option<Handle>)> {
        let store = &mut self.store;
        let result: R = match callee {
            Callee::Func(name) => self.instance.call(store, name, params)?,
            Callee::Method(object, name) => object.call(store, name, params)?,
            Callee::Constructor(name) => {
                let class = self.instance.class(&mut *store, name)?;
                return Ok((Json::Null, Some(Handle::Instance(class.construct(store, params)?))));
            }
        };
        Ok((result.to_json(), result.handle()))
    }
}

/// Something that is done with a value of a type.
trait WithType {
    fn with<T: Lift + Lower + FromJson + ToJson>(self) -> Result<Json>;
}

struct Get<'a, 'r> {
    run: &'a mut Run<'r>,
    on: Option<&'a str>,
    name: &'a str,
}

impl WithType for Get<'_, '_> {
    fn with<T: Lift + Lower + FromJson + ToJson>(self) -> Result<Json> {
        let run = self.run;
        let value: T = match self.on {
            Some(on) => run.handles.object(on).get(&mut run.store, self.name)?,
            None => run.instance.get(&mut run.store, self.name)?,
        };
        Ok(value.to_json())
    }
}

struct Set<'a, 'r> {
    run: &'a mut Run<'r>,
    on: Option<&'a str>,
    name: &'a str,
    value: &'a Json,
}

impl WithType for Set<'_, '_> {
    fn with<T: Lift + Lower + FromJson + ToJson>(self) -> Result<Json> {
        let run = self.run;
        let value = T::from_json(self.value, &run.handles);
        match self.on {
            Some(on) => run.handles.object(on).set(&mut run.store, self.name, value)?,
            None => run.instance.set(&mut run.store, self.name, value)?,
        }
        Ok(Json::Null)
    }
}

fn by_type(ty: &str, with: impl WithType) -> Result<Json> {
    match ty {
        "i8" => with.with::<i8>(),
        "u8" => with.with::<u8>(),
        "i32" => with.with::<i32>(),
        "u32" => with.with::<u32>(),
        "i64" => with.with::<i64>(),
        "u64" => with.with::<u64>(),
        "f32" => with.with::<f32>(),
        "f64" => with.with::<f64>(),
        "bool" => with.with::<bool>(),
        "string" => with.with::<Utf16>(),
        "string|null" => with.with::<Option<Utf16>>(),
        "i32[]" => with.with::<Vec<i32>>(),
        _ => panic!("no such type of global or field: {ty}"),
    }
}

macro_rules! signatures {
    ($($text:literal => ($($arg:ident: $param:ty),*) -> $result:ty;)*) => {
        /// Calls a function of which the data says what it takes and returns.
        fn by_signature(
            text: &str,
            run: &mut Run<'_>,
            callee: &Callee,
            args: &[Json],
        ) -> Result<(Json, Option<Handle>)> {
            match (text, args) {
                $(($text, [$($arg),*]) => {
                    let params = ($(<$param>::from_json($arg, &run.handles),)*);
                    run.run::<($($param,)*), $result>(callee, params)
                })*
                _ => panic!("no such signature: {text}"),
            }
        }
    };
}

type Binary = Function<(i32, i32), i32>;

signatures! {
    "(): i32" => () -> i32;
    "(): f64" => () -> f64;
    "(): string" => () -> Utf16;
    "(): string[][]" => () -> Vec<Vec<Utf16>>;
    "(): object" => () -> Managed;
    "(): function" => () -> Binary;
    "(): Every" => () -> Every;
    "(i8): i8" => (a: i8) -> i8;
    "(u8): u8" => (a: u8) -> u8;
    "(i16): i16" => (a: i16) -> i16;
    "(u16): u16" => (a: u16) -> u16;
    "(i32): i32" => (a: i32) -> i32;
    "(u32): u32" => (a: u32) -> u32;
    "(i64): i64" => (a: i64) -> i64;
    "(u64): u64" => (a: u64) -> u64;
    "(f32): f32" => (a: f32) -> f32;
    "(f64): f64" => (a: f64) -> f64;
    "(bool): bool" => (a: bool) -> bool;
    "(bool): void" => (a: bool) -> ();
    "(bool): string|null" => (a: bool) -> Option<Utf16>;
    "(bool): function" => (a: bool) -> Binary;
    "(i32): string" => (a: i32) -> Utf16;
    "(i32): object" => (a: i32) -> Managed;
    "(i32): ArrayBuffer" => (a: i32) -> ArrayBuffer;
    "(i32): i32[]" => (a: i32) -> Vec<i32>;
    "(i32): i32[][]" => (a: i32) -> Vec<Vec<i32>>;
    "(i32): Pair[]" => (a: i32) -> Vec<Pair>;
    "(i32): StaticArray<i32>" => (a: i32) -> StaticArray<i32>;
    "(u32): StaticArray<u8>" => (a: u32) -> StaticArray<u8>;
    "(i32, i32): i32" => (a: i32, b: i32) -> i32;
    "(i32, i32): object" => (a: i32, b: i32) -> Managed;
    "(i32, i32, i32): i32" => (a: i32, b: i32, c: i32) -> i32;
    "(string): string" => (a: Utf16) -> Utf16;
    "(string): i32" => (a: Utf16) -> i32;
    "(string): void" => (a: Utf16) -> ();
    "(string): object" => (a: Utf16) -> Managed;
    "(string): string[]" => (a: Utf16) -> Vec<Utf16>;
    "(string): string[][][]" => (a: Utf16) -> Vec<Vec<Vec<Utf16>>>;
    "(string|null): i32" => (a: Option<Utf16>) -> i32;
    "(string, string): string" => (a: Utf16, b: Utf16) -> Utf16;
    "(string, i32): string" => (a: Utf16, b: i32) -> Utf16;
    "(string, i32): object" => (a: Utf16, b: i32) -> Managed;
    "(string, i32): i32" => (a: Utf16, b: i32) -> i32;
    "(string, f64): Item" => (a: Utf16, b: f64) -> Item;
    "(string, string, i32): string" => (a: Utf16, b: Utf16, c: i32) -> Utf16;
    "(string, i32, i32): object" => (a: Utf16, b: i32, c: i32) -> Managed;
    "(ArrayBuffer, u8): ArrayBuffer" => (a: ArrayBuffer, b: u8) -> ArrayBuffer;
    "(Int8Array): Int8Array" => (a: TypedArray<i8>) -> TypedArray<i8>;
    "(Uint8Array): Uint8Array" => (a: TypedArray<u8>) -> TypedArray<u8>;
    "(Uint8ClampedArray): Uint8ClampedArray" => (a: TypedArray<u8>) -> TypedArray<u8>;
    "(Int16Array): Int16Array" => (a: TypedArray<i16>) -> TypedArray<i16>;
    "(Uint16Array): Uint16Array" => (a: TypedArray<u16>) -> TypedArray<u16>;
    "(Int32Array): Int32Array" => (a: TypedArray<i32>) -> TypedArray<i32>;
    "(Uint32Array): Uint32Array" => (a: TypedArray<u32>) -> TypedArray<u32>;
    "(Int64Array): Int64Array" => (a: TypedArray<i64>) -> TypedArray<i64>;
    "(Uint64Array): Uint64Array" => (a: TypedArray<u64>) -> TypedArray<u64>;
    "(Float32Array): Float32Array" => (a: TypedArray<f32>) -> TypedArray<f32>;
    "(Float64Array): Float64Array" => (a: TypedArray<f64>) -> TypedArray<f64>;
    "(i32[]): i32" => (a: Vec<i32>) -> i32;
    "(f64[]): f64[]" => (a: Vec<f64>) -> Vec<f64>;
    "(u8[]): u8[]" => (a: Vec<u8>) -> Vec<u8>;
    "(i64[]): i64[]" => (a: Vec<i64>) -> Vec<i64>;
    "(bool[]): bool[]" => (a: Vec<bool>) -> Vec<bool>;
    "(string[]): object" => (a: Vec<Utf16>) -> Managed;
    "(string[], string): string" => (a: Vec<Utf16>, b: Utf16) -> Utf16;
    "(Array<string|null>): Array<string|null>" => (a: Vec<Option<Utf16>>) -> Vec<Option<Utf16>>;
    "(i32[][]): i32[]" => (a: Vec<Vec<i32>>) -> Vec<i32>;
    "(string[][]): void" => (a: Vec<Vec<Utf16>>) -> ();
    "(string[][][]): string" => (a: Vec<Vec<Vec<Utf16>>>) -> Utf16;
    "(StaticArray<i32>): i32" => (a: StaticArray<i32>) -> i32;
    "(StaticArray<string>): StaticArray<string>" => (a: StaticArray<Utf16>) -> StaticArray<Utf16>;
    "(Pair[]): f64" => (a: Vec<Pair>) -> f64;
    "(Item): string" => (a: Item) -> Utf16;
    "(object): i32" => (a: Managed) -> i32;
    "(object): object" => (a: Managed) -> Managed;
    "(object): string[]" => (a: Managed) -> Vec<Utf16>;
    "(object): i32[]" => (a: Managed) -> Vec<i32>;
    "(object, string): bool" => (a: Managed, b: Utf16) -> bool;
    "(object, i32): void" => (a: Managed, b: i32) -> ();
    "(object, object): object" => (a: Managed, b: Managed) -> Managed;
    "(function): void" => (a: Binary) -> ();
    "(function, i32, i32): i32" => (a: Binary, b: i32, c: i32) -> i32;
}
