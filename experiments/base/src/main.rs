//! Makes the embedded tiny base model.

fn main() {}
