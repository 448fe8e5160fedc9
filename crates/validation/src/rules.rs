//! One function per rule of the table of instructions, named as the table names it.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/instructions.html)

mod aggregate;
mod atomic;
mod branch;
mod control;
mod descriptor;
mod exception;
mod memory;
mod numeric;
mod parametric;
mod reference;
mod table;
mod variable;
mod vector;
