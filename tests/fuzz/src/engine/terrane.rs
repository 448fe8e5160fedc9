//! This engine, in each of its modes in turn.

use crate::outcome::{Ending, Kind, Machine, State, Type, Value};
use std::num::NonZeroU32;
use std::sync::LazyLock;
use terrane::{
    CompilationMode, Config, Engine, Error, Extern, ExternType, Instance, Module, Ref, Store,
    ThrownException, Trap, Val, ValType,
};

/// Engines in all modes, without and with fuel; those with fuel collect garbage at every few allocations.
static ENGINES: LazyLock<Vec<Engine>> = LazyLock::new(|| {
    let modes = [CompilationMode::Eager, CompilationMode::LazyLowering, CompilationMode::Lazy];
    let configs = modes.into_iter().flat_map(|mode| [(mode, false), (mode, true)]);
    let engines = configs.map(|(mode, fuel)| {
        let mut config = Config::new();
        config.compilation_mode(mode).consume_fuel(fuel).epoch_interruption(fuel);
        config.gc_zeal_alloc_counter(NonZeroU32::new(3).filter(|_| fuel));
        Engine::new(&config).expect("a configuration that is supported")
    });
    engines.collect()
});

/// More than any module uses that [ends itself](crate::generate).
const FUEL: u64 = 50_000_000;

pub(crate) struct Terrane {
    store: Store<()>,
    instance: Instance,
}

impl Machine for Terrane {
    fn new(bytes: &[u8]) -> Result<Self, Ending> {
        // Which mode it is depends on the module alone, so that a case can be run again from the module.
        let sum = bytes.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
        let engine = &ENGINES[sum % ENGINES.len()];
        let module =
            Module::from_binary(engine, bytes).map_err(|error| Ending::Refused(error.to_string()))?;
        let mut store = Store::new(engine, ());
        // An error where fuel does not count.
        let _ = store.set_fuel(FUEL);
        let imports = module.imports().map(|import| import.ty().default_value(&mut store));
        let imports =
            imports.collect::<Result<Vec<_>, _>>().map_err(|_| Ending::Limit("an import without default"))?;
        let instance = Instance::new(&mut store, &module, &imports).map_err(|error| ending(&error))?;
        Ok(Self { store, instance })
    }

    fn exports(&mut self) -> Vec<(String, Kind)> {
        let exports = self.instance.exports(&mut self.store);
        exports
            .map(|export| (export.name().to_owned(), export.into_extern()))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|(name, export)| (name, kind(&export.ty(&self.store))))
            .collect()
    }

    fn call(&mut self, name: &str, args: &[Value]) -> Ending {
        let func = self.instance.get_func(&mut self.store, name).expect("an exported function");
        let ty = func.ty(&self.store);
        let args: Vec<Val> = ty.params().zip(args).map(|(ty, arg)| to_val(&ty, *arg)).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match func.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ending::Returned(results.into_iter().map(|val| self.value(val)).collect()),
            Err(error) => {
                // An exception stays with the store until it is taken.
                let _ = self.store.take_pending_exception();
                ending(&error)
            }
        }
    }

    fn state(&mut self, name: &str) -> State {
        match self.instance.get_export(&mut self.store, name).expect("an export") {
            Extern::Memory(memory) => State::Memory(memory.data(&self.store).to_vec()),
            Extern::SharedMemory(memory) => {
                // SAFETY: no other thread has it.
                State::Memory(memory.data().iter().map(|byte| unsafe { *byte.get() }).collect())
            }
            Extern::Global(global) => {
                let val = global.get(&mut self.store);
                State::Global(self.value(val))
            }
            Extern::Table(table) => {
                let refs: Vec<_> =
                    (0..table.size(&self.store)).map_while(|i| table.get(&mut self.store, i)).collect();
                State::Table(refs.into_iter().map(|r| self.value(r.into())).collect())
            }
            _ => State::Tag,
        }
    }
}

impl Terrane {
    fn value(&mut self, val: Val) -> Value {
        match val {
            Val::I32(x) => Value::I32(x),
            Val::I64(x) => Value::I64(x),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(x) => Value::V128(x.as_u128()),
            _ if val.ref_().is_none_or(|r| Ref::is_null(&r)) => Value::Null,
            Val::FuncRef(_) => Value::Ref("function"),
            Val::ExternRef(_) => Value::Ref("extern"),
            Val::AnyRef(Some(any)) => match any.as_i31(&self.store) {
                Ok(Some(x)) => Value::I31(x.get_i32()),
                _ if any.is_struct(&self.store).is_ok_and(|is| is) => Value::Ref("structure"),
                _ if any.is_array(&self.store).is_ok_and(|is| is) => Value::Ref("array"),
                _ => Value::Ref("extern"),
            },
            Val::ExnRef(_) => Value::Ref("exception"),
            _ => Value::Ref("other"),
        }
    }
}

fn to_val(ty: &ValType, value: Value) -> Val {
    match value {
        Value::I32(x) => Val::I32(x),
        Value::I64(x) => Val::I64(x),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(x) => Val::V128(x.into()),
        _ => Val::default_for_ty(ty).expect("a null"),
    }
}

fn kind(ty: &ExternType) -> Kind {
    match ty {
        ExternType::Func(ty) => Kind::Func(ty.params().map(|ty| type_of(&ty)).collect()),
        ExternType::Memory(_) => Kind::Memory,
        ExternType::Global(_) => Kind::Global,
        ExternType::Table(_) => Kind::Table,
        ExternType::Tag(_) => Kind::Tag,
    }
}

fn type_of(ty: &ValType) -> Type {
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::V128 => Type::V128,
        ValType::Ref(ty) => Type::Ref { nullable: ty.is_nullable() },
    }
}

fn ending(error: &Error) -> Ending {
    if error.downcast_ref::<ThrownException>().is_some() {
        return Ending::Threw;
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { return Ending::Refused(error.to_string()) };
    match trap {
        Trap::CallStackExhausted => Ending::Limit("stack"),
        Trap::AllFuelConsumed => Ending::Limit("fuel"),
        Trap::OutOfMemory | Trap::MemoryAllocationFailed => Ending::Limit("memory"),
        Trap::OutOfBoundsMemoryAccess => Ending::Trapped("memory bounds"),
        Trap::UnalignedAtomic => Ending::Trapped("alignment"),
        Trap::OutOfBoundsTableAccess | Trap::UndefinedElement => Ending::Trapped("table bounds"),
        Trap::IndirectCallTypeMismatch => Ending::Trapped("signature"),
        Trap::IntegerOverflow => Ending::Trapped("overflow"),
        Trap::IntegerDivideByZero => Ending::Trapped("division by zero"),
        Trap::InvalidConversionToInteger => Ending::Trapped("conversion"),
        Trap::Unreachable => Ending::Trapped("unreachable"),
        Trap::ExpectedSharedMemory => Ending::Trapped("wait"),
        Trap::UninitializedElement
        | Trap::NullReference
        | Trap::NullFunctionReference
        | Trap::NullStructureReference
        | Trap::NullArrayReference
        | Trap::NullI31Reference
        | Trap::NullExceptionReference => Ending::Trapped("null"),
        Trap::OutOfBoundsArrayAccess => Ending::Trapped("array bounds"),
        Trap::CastFailure => Ending::Trapped("cast"),
        other => Ending::Refused(other.to_string()),
    }
}
