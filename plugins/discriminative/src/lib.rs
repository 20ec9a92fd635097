//! dORM and dPRM.

#![allow(dead_code)]
mod marked;
